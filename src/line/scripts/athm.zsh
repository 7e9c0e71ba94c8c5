#compdef athm
# Completion of athm for zsh. To load it: source <(athm completions zsh), after compinit; or write it
# into a file _athm in a folder of fpath.
#
# What athm answers is handed to zsh as text, and never evaluated.
_athm() {
  local -a lines values
  local directive line value help
  lines=("${(@f)$(command athm completions zsh -- "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}")
  directive=$lines[1]
  case $directive in
    values)
      for line in "${(@)lines[2,-1]}"; do
        value=${line%%$'\t'*} help=${line#*$'\t'}
        values+=("${value//:/\\:}${help:+:$help}")
      done
      _describe -t values athm values
      ;;
    files*)
      value=${directive#files}
      value=${value# }
      [[ -n $value ]] && compset -P "${(b)value}"
      _files
      ;;
    program\ *)
      # From here on the line is another program's, whose own completion takes over.
      integer from=$((${directive#program } + 2))
      words=("${(@)words[from,-1]}")
      ((CURRENT -= from - 1))
      _normal
      ;;
    *) return 1 ;;
  esac
}
if [[ $funcstack[1] == _athm ]]; then
  _athm "$@"
else
  compdef _athm athm
fi
