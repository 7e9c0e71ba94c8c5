#!/bin/sh
# Installs athm @VERSION@ for the current user, without a prompt and without root.
#
#   curl -fsSL @REPOSITORY@/releases/download/v@VERSION@/install.sh | sh
#   … | sh -s -- [--version VERSION] [--to DIR]
#
# Before it replaces anything, the download must match the release's SHA256SUMS and must run here.
# ATHM_DOWNLOADS is the URL of a mirror of the releases' files.

set -eu

help() {
  cat <<'END'
Usage: install.sh [--version VERSION] [--to DIR]

  --version VERSION  the version to install; default: @VERSION@
  --to DIR           the folder to install athm into; default: ~/.local/bin
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

# Everything is in functions, so a script that was cut off in transit does nothing.
main() {
  version=@VERSION@
  to=
  while [ $# -gt 0 ]; do
    case $1 in
    --version | --to)
      if [ $# -lt 2 ] || [ -z "$2" ]; then fail "$1 requires a value"; fi
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
    *) fail "unknown option $1" "run install.sh --help" ;;
    esac
  done
  case $version in
  [0-9]*.[0-9]*.[0-9]*) ;;
  *) fail "invalid version: $version" "use a version such as @VERSION@" ;;
  esac
  case $version in
  *[!0-9A-Za-z.-]*) fail "invalid version: $version" "use a version such as @VERSION@" ;;
  esac
  if [ -z "$to" ]; then
    [ -n "${HOME:-}" ] || fail "HOME is not set" "set the folder with --to DIR"
    to=$HOME/.local/bin
  fi
  downloads=${ATHM_DOWNLOADS:-@REPOSITORY@/releases/download}
  case $downloads in
  https://* | http://127.0.0.1:*) ;;
  *) fail "ATHM_DOWNLOADS must start with https://" ;;
  esac

  target=$(target)
  name=athm-$version-$target

  has tar || fail "tar is not installed" "install it with your package manager"
  has gzip || fail "gzip is not installed" "install it with your package manager"
  there=$to
  while [ ! -d "$there" ] && [ "$there" != . ] && [ "$there" != / ]; do
    there=$(dirname -- "$there")
  done
  staged=
  libraries=
  loading=
  folder=$(mktemp -d "${TMPDIR:-/tmp}/athm.XXXXXX" 2>/dev/null) || fail "cannot create a temporary folder in ${TMPDIR:-/tmp}"
  trap clean EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM

  echo "athm $version for $target from $downloads"
  download "$downloads/v$version/SHA256SUMS" "$folder/SHA256SUMS"
  download "$downloads/v$version/$name.tar.gz" "$folder/$name.tar.gz"
  wanted=$(sed -n "s/^\([0-9a-f]\{64\}\)  $name\.tar\.gz\$/\1/p" "$folder/SHA256SUMS")
  [ -n "$wanted" ] || fail "SHA256SUMS of version $version has no checksum for $name.tar.gz"
  got=$(sum "$folder/$name.tar.gz")
  [ "$got" = "$wanted" ] ||
    fail "the checksum of $name.tar.gz does not match SHA256SUMS" "run this again; nothing was installed"

  (cd "$folder" && gzip -dc "$name.tar.gz" | tar -xf -) 2>/dev/null ||
    fail "cannot unpack $name.tar.gz" "check the free space in ${TMPDIR:-/tmp}"

  mkdir -p -- "$to" 2>/dev/null || fail "cannot create $to" "use another folder with --to DIR"
  [ ! -d "$to/athm" ] || fail "$to/athm is a folder" "use another folder with --to DIR"
  # In the same folder, so that replacing the program is one step.
  staged=$(mktemp "$to/.athm.XXXXXX" 2>/dev/null) ||
    fail "cannot write to $to" "use another folder with --to DIR"
  { cat "$folder/$name/athm" >"$staged" && chmod 755 "$staged"; } 2>/dev/null ||
    fail "cannot write athm to $to" "check the free space"
  case $target in
  *-musl) bring_libraries "$folder/$name/lib/athm" ;;
  esac
  says=$("$staged" --version 2>"$folder/said") || cannot_run
  mv -f "$staged" "$to/athm" || fail "cannot replace $to/athm"
  staged=
  libraries=
  there=$to
  echo "$to/athm is $says"
  case :$PATH: in
  *":$to:"*) ;;
  *) echo "$to is not on PATH: add it, or use a folder that is with --to DIR" ;;
  esac
}

# Runs however the script ends, and leaves nothing half installed.
# shellcheck disable=SC2317,SC2329
clean() {
  [ -z "$loading" ] || kill "$loading" 2>/dev/null || :
  rm -rf "$folder"
  [ -z "$staged" ] || rm -f "$staged"
  [ -z "$libraries" ] || rm -rf "$libraries"
  while [ "$to" != "$there" ] && rmdir "$to" 2>/dev/null; do to=$(dirname -- "$to"); done
}

# The system and the processor, as in the archives' names.
target() {
  system=$(uname -s)
  processor=$(uname -m)
  case $system in
  Linux) system=linux ;;
  Darwin) system=macos ;;
  *) fail "athm is not available for $system" "on Windows, use Scoop or the release's zip archive" ;;
  esac
  case $processor in
  x86_64 | amd64) processor=x64 ;;
  aarch64 | arm64) processor=arm64 ;;
  *) fail "athm is not available for the processor $processor" "use x86_64 or arm64" ;;
  esac
  # Under Rosetta, a shell sees x86_64.
  if [ "$system" = macos ] && [ "$(sysctl -n sysctl.proc_translated 2>/dev/null || :)" = 1 ]; then
    processor=arm64
  fi
  if [ "$system" = linux ] && ! has_glibc; then processor=$processor-musl; fi
  echo "$system-$processor"
}

# musl's ldd says its name. A compatibility layer may bring glibc's loader, but not all of glibc.
has_glibc() {
  case $(ldd --version 2>&1 || :) in
  *musl*) return 1 ;;
  esac
  for loader in /lib64/ld-linux-x86-64.so.2 /lib/ld-linux-aarch64.so.1; do
    if [ -e "$loader" ]; then return 0; fi
  done
  return 1
}

# FOLDER
# Puts glibc's libraries into ../lib/athm of the program's folder, and writes the path of their loader
# into the program: the path must be absolute, and slashes pad it to its length in the program.
bring_libraries() {
  LC_ALL=C
  place=$(cd -P "$to/.." && pwd)/lib/athm
  [ -d "$place" ] || libraries=$place
  mkdir -p -- "$place" 2>/dev/null || fail "cannot create $place" "use another folder with --to DIR"
  for file in "$1"/*; do
    new=$place/.${file##*/}
    { cat "$file" >"$new" && chmod 755 "$new" && mv -f "$new" "$place/${file##*/}"; } 2>/dev/null ||
      fail "cannot write ${file##*/} to $place" "check the free space"
    case $file in
    */ld-linux*) loader=${file##*/} ;;
    esac
  done
  read -r offset length <"$1/interpreter"
  padding=/
  while [ $((${#place} + ${#padding} + ${#loader})) -lt "$length" ]; do padding=$padding/; done
  [ $((${#place} + ${#padding} + ${#loader})) -eq "$length" ] ||
    fail "the path $place is too long" "use a shorter one with --to DIR"
  printf '%s' "$place$padding$loader" |
    dd of="$staged" bs=1 seek="$offset" conv=notrunc 2>/dev/null || fail "cannot write athm to $to"
}

# Prints the loader's error, and what to do.
cannot_run() {
  said=$(tail -n 1 "$folder/said" 2>/dev/null | cut -c 1-200)
  case $said in
  *GLIBC_*) hint="use a system with glibc 2.27 or later: RHEL 8, Ubuntu 18.04, Debian 10, Amazon Linux 2023" ;;
  *libgcc_s*) hint="install libgcc_s: the package libgcc-s1 (Debian, Ubuntu), libgcc (RHEL, Fedora) or gcc-libs (Arch)" ;;
  *"not found"* | *"No such file"*) hint="use a system with glibc 2.27 or later" ;;
  *) hint="on Linux, mount /proc and use glibc 2.27 or later" ;;
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
    # Busybox's wget cannot retry, and the one of Debian 12 crashes when given a timeout.
    case $(wget --version 2>/dev/null || :) in
    *GNU*) set -- "$1" "$2" wget -nv -T 60 -t 3 -o "$folder/said" -O "$2" "$1" ;;
    *) set -- "$1" "$2" wget -q -O "$2" "$1" ;;
    esac
  else
    fail "neither curl nor wget is installed" "install one of them with your package manager"
  fi
  url=$1
  shift 2
  # In the background: otherwise the script would get no signal until it ends.
  "$@" >/dev/null 2>>"$folder/said" &
  loading=$!
  if wait "$loading"; then
    loading=
    return
  fi
  loading=
  fail "cannot download $url: $(tr '\n' ' ' <"$folder/said" | cut -c 1-200)" \
    "check the version and the network"
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
    fail "no program for SHA-256 checksums is installed" "install coreutils, perl or openssl"
  fi
}

main "$@"
