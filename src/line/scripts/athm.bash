# Completion of athm for bash 3.2 or newer. To load it: source <(athm completions bash)
#
# What athm answers is compared and handed to bash, and never evaluated.
_athm() {
  COMPREPLY=()
  # bash splits words at = : @ too (COMP_WORDBREAKS); athm needs them as typed.
  local line=${COMP_LINE:0:$COMP_POINT} piece= tail= blank i
  local -a words starts
  words=() starts=()
  for ((i = 0; i <= COMP_CWORD; i++)); do
    piece=${COMP_WORDS[i]}
    blank=${line%%[![:space:]]*}
    line=${line#"$blank"}
    [[ $line == "$piece"* ]] || piece=$line # the cursor is within this word
    line=${line#"$piece"}
    if [[ -z $blank && $i -gt 0 ]]; then
      words[${#words[@]} - 1]+=$piece
      # bash replaces only what follows = and :, but includes an @.
      if [[ $tail == @ ]]; then tail=@$piece; else tail=$piece; fi
    else
      tail=$piece
      words[${#words[@]}]=$piece
      starts[${#starts[@]}]=$i
    fi
  done
  local last=$((${#words[@]} - 1))
  local cur=${words[last]}
  [[ $tail == [=:]* ]] && tail=
  # The text before the part of the word that bash replaces.
  local head=${cur%"$tail"}

  local directive= value before offset
  {
    IFS= read -r directive
    case $directive in
      values)
        while IFS=$'\t' read -r value _; do
          [[ -n $value && $value == "$cur"* ]] && COMPREPLY+=("${value#"$head"}")
        done
        ;;
      files*)
        before=${directive#files}
        before=${before# }
        compopt -o filenames 2>/dev/null
        while IFS= read -r value; do
          value=$before$value
          COMPREPLY+=("${value#"$head"}")
        done < <(compgen -f -- "${cur#"$before"}")
        ;;
    esac
  } < <(command athm completions bash -- "${words[@]:1}" 2>/dev/null)

  [[ $directive == program\ * ]] || return 0
  # From here on the line is another program's, whose own completion takes over.
  offset=$((${directive#program } + 1))
  if declare -F _command_offset >/dev/null; then
    _command_offset "${starts[offset]}"
  elif [[ $offset -eq $last ]]; then
    while IFS= read -r value; do COMPREPLY+=("$value"); done < <(compgen -c -- "$cur")
  else
    compopt -o filenames 2>/dev/null
    while IFS= read -r value; do
      COMPREPLY+=("${value#"$head"}")
    done < <(compgen -f -- "$cur")
  fi
}
complete -F _athm athm
