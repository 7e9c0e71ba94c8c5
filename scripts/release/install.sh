#!/bin/sh
# Installs athm @VERSION@ for the user who runs it. Asks nothing and needs no root.
#
#   curl -fsSL @REPOSITORY@/releases/download/v@VERSION@/install.sh | sh
#   … | sh -s -- [--version VERSION] [--to DIR]
#
# What is downloaded must have the sum in the release's SHA256SUMS, and must run here, before it takes
# the place of anything. ATHM_DOWNLOADS names another address that holds the releases' files.

set -eu

help() {
  cat <<'END'
Usage: install.sh [--version VERSION] [--to DIR]

  --version VERSION  another version than @VERSION@
  --to DIR           the folder that athm is put into; default: ~/.local/bin
END
}

fail() {
  echo "install.sh: error: $1" >&2
  [ $# -lt 2 ] || echo "install.sh: hint: $2" >&2
  exit 1
}

has() {
  command -v "$1" >/dev/null 2>&1
}

# All is inside of functions: a script that was cut off in transit does nothing.
main() {
  version=@VERSION@
  to=
  while [ $# -gt 0 ]; do
    case $1 in
    --version | --to)
      if [ $# -lt 2 ] || [ -z "$2" ]; then fail "$1 wants a value"; fi
      if [ "$1" = --to ]; then to=$2; else version=${2#v}; fi
      shift 2
      ;;
    --version=?*)
      version=${1#--version=}
      version=${version#v}
      shift
      ;;
    --to=?*)
      to=${1#--to=}
      shift
      ;;
    --help | -h)
      help
      exit 0
      ;;
    *) fail "there is no option $1" "install.sh --help lists them" ;;
    esac
  done
  case $version in
  [0-9]*.[0-9]*.[0-9]*) ;;
  *) fail "$version is no version such as @VERSION@" ;;
  esac
  case $version in
  *[!0-9A-Za-z.-]*) fail "$version is no version such as @VERSION@" ;;
  esac
  if [ -z "$to" ]; then
    [ -n "${HOME:-}" ] || fail "HOME is not set" "name the folder with --to DIR"
    to=$HOME/.local/bin
  fi
  downloads=${ATHM_DOWNLOADS:-@REPOSITORY@/releases/download}
  case $downloads in
  https://* | http://127.0.0.1:*) ;;
  *) fail "ATHM_DOWNLOADS must begin with https://" ;;
  esac

  target=$(target)
  name=athm-$version-$target

  has tar || fail "tar is not installed" "install it with your system's packages"
  has gzip || fail "gzip is not installed" "install it with your system's packages"
  there=$to
  while [ ! -d "$there" ] && [ "$there" != . ] && [ "$there" != / ]; do
    there=$(dirname -- "$there")
  done
  staged=
  libraries=
  loading=
  folder=$(mktemp -d "${TMPDIR:-/tmp}/athm.XXXXXX" 2>/dev/null) || fail "no temporary folder can be made in ${TMPDIR:-/tmp}"
  trap clean EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM

  echo "athm $version for $target from $downloads"
  download "$downloads/v$version/SHA256SUMS" "$folder/SHA256SUMS"
  download "$downloads/v$version/$name.tar.gz" "$folder/$name.tar.gz"
  wanted=$(sed -n "s/^\([0-9a-f]\{64\}\)  $name\.tar\.gz\$/\1/p" "$folder/SHA256SUMS")
  [ -n "$wanted" ] || fail "SHA256SUMS of version $version has no sum for $name.tar.gz"
  got=$(sum "$folder/$name.tar.gz")
  [ "$got" = "$wanted" ] ||
    fail "$name.tar.gz has not the sum that SHA256SUMS says" "nothing was installed; try again"

  (cd "$folder" && gzip -dc "$name.tar.gz" | tar -xf -) 2>/dev/null ||
    fail "$name.tar.gz cannot be unpacked here" "is there room in ${TMPDIR:-/tmp}?"

  mkdir -p -- "$to" 2>/dev/null || fail "$to cannot be made" "name another folder with --to DIR"
  [ ! -d "$to/athm" ] || fail "$to/athm is a folder" "name another folder with --to DIR"
  # Beside its place, so that moving it there is one step.
  staged=$(mktemp "$to/.athm.XXXXXX" 2>/dev/null) ||
    fail "nothing can be written to $to" "name another folder with --to DIR"
  { cat "$folder/$name/athm" >"$staged" && chmod 755 "$staged"; } 2>/dev/null ||
    fail "athm cannot be written to $to" "is there room?"
  case $target in
  *-musl) bring_libraries "$folder/$name/lib/athm" ;;
  esac
  says=$("$staged" --version 2>"$folder/said") || cannot_run
  mv -f "$staged" "$to/athm" || fail "$to/athm cannot be replaced"
  staged=
  libraries=
  there=$to
  echo "$to/athm is $says"
  case :$PATH: in
  *":$to:"*) ;;
  *) echo "$to is not in PATH: add it, or name one that is with --to DIR" ;;
  esac
}

# Called however the script ends: nothing half installed stays.
# shellcheck disable=SC2317,SC2329
clean() {
  [ -z "$loading" ] || kill "$loading" 2>/dev/null || :
  rm -rf "$folder"
  [ -z "$staged" ] || rm -f "$staged"
  [ -z "$libraries" ] || rm -rf "$libraries"
  while [ "$to" != "$there" ] && rmdir "$to" 2>/dev/null; do to=$(dirname -- "$to"); done
}

# The system and the processor, as archives are named.
target() {
  system=$(uname -s)
  processor=$(uname -m)
  case $system in
  Linux) system=linux ;;
  Darwin) system=macos ;;
  *) fail "there is no athm for $system here" "on Windows: scoop, or the zip archive of the release" ;;
  esac
  case $processor in
  x86_64 | amd64) processor=x64 ;;
  aarch64 | arm64) processor=arm64 ;;
  *) fail "there is no athm for the processor $processor" "there are x86_64 and arm64" ;;
  esac
  # A shell that Rosetta translates says x86_64.
  if [ "$system" = macos ] && [ "$(sysctl -n sysctl.proc_translated 2>/dev/null || :)" = 1 ]; then
    processor=arm64
  fi
  if [ "$system" = linux ]; then
    case $(ldd --version 2>&1 || :) in
    *musl*) processor=$processor-musl ;;
    esac
  fi
  echo "$system-$processor"
}

# FOLDER
# Puts glibc's libraries into ../lib/athm of the program's folder, and the path of their loader into the
# program: it must be absolute, and is padded with slashes to the length that it has there.
bring_libraries() {
  LC_ALL=C
  place=$(cd -P "$to/.." && pwd)/lib/athm
  [ -d "$place" ] || libraries=$place
  mkdir -p -- "$place" 2>/dev/null || fail "$place cannot be made" "name another folder with --to DIR"
  for file in "$1"/*; do
    new=$place/.${file##*/}
    { cat "$file" >"$new" && chmod 755 "$new" && mv -f "$new" "$place/${file##*/}"; } 2>/dev/null ||
      fail "${file##*/} cannot be written to $place" "is there room?"
    case $file in
    */ld-linux*) loader=${file##*/} ;;
    esac
  done
  read -r offset length <"$1/interpreter"
  padding=/
  while [ $((${#place} + ${#padding} + ${#loader})) -lt "$length" ]; do padding=$padding/; done
  [ $((${#place} + ${#padding} + ${#loader})) -eq "$length" ] ||
    fail "the path $place is too long" "name a shorter one with --to DIR"
  printf '%s' "$place$padding$loader" |
    dd of="$staged" bs=1 seek="$offset" conv=notrunc 2>/dev/null || fail "athm cannot be written to $to"
}

# Says what the system's loader says, and what it means.
cannot_run() {
  said=$(tail -n 1 "$folder/said" 2>/dev/null | cut -c 1-200)
  case $said in
  *GLIBC_*) hint="athm requires glibc 2.27 or later: RHEL 8, Ubuntu 18.04, Debian 10, Amazon Linux 2023" ;;
  *libgcc_s*) hint="install libgcc_s: the package libgcc-s1 (Debian, Ubuntu), libgcc (RHEL, Fedora) or gcc-libs (Arch)" ;;
  *"not found"* | *"No such file"*) hint="athm requires glibc 2.27 or later on Linux" ;;
  *) hint="athm requires glibc 2.27 or later and a mounted /proc on Linux" ;;
  esac
  fail "athm $version does not run on this system${said:+: $said}" "$hint"
}

# URL FILE
download() {
  if has curl; then
    case $1 in
    https://*) only='=https' ;;
    *) only='=http' ;;
    esac
    set -- "$1" "$2" curl -fsSL --proto "$only" --retry 2 --connect-timeout 20 \
      --speed-limit 1 --speed-time 60 -o "$2" "$1"
  elif has wget; then
    # Busybox's own does not try again, and in Debian 12 ends with a fault when it is given a time.
    case $(wget --version 2>/dev/null || :) in
    *GNU*) set -- "$1" "$2" wget -nv -T 60 -t 3 -o "$folder/said" -O "$2" "$1" ;;
    *) set -- "$1" "$2" wget -q -O "$2" "$1" ;;
    esac
  else
    fail "neither curl nor wget is installed" "install one of them with your system's packages"
  fi
  url=$1
  shift 2
  # Beside the script, which could not hear a signal otherwise.
  "$@" >/dev/null 2>>"$folder/said" &
  loading=$!
  if wait "$loading"; then
    loading=
    return
  fi
  loading=
  fail "$url cannot be downloaded: $(tr '\n' ' ' <"$folder/said" | cut -c 1-200)" \
    "is the version right, and is the network there?"
}

# FILE
sum() {
  if has sha256sum; then
    sha256sum "$1" | cut -d ' ' -f 1
  elif has shasum; then
    shasum -a 256 "$1" | cut -d ' ' -f 1
  elif has openssl; then
    openssl dgst -sha256 -r "$1" | cut -d ' ' -f 1
  else
    fail "no program for SHA-256 is installed" "install coreutils, perl or openssl"
  fi
}

main "$@"
