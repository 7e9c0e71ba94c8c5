# The shell function athm for zsh. To load it: eval "$(athm shell-init zsh)", after compinit.
#
# It evaluates only what athm prints for `athm use`, where every value is quoted.
function athm {
  local __athm_word
  for __athm_word in "$@"; do
    case $__athm_word in
      use)
        __athm_load "$@"
        return
        ;;
      --debug | --no-prompt) ;;
      *) break ;;
    esac
  done
  command athm "$@"
}
function __athm_load {
  local __athm_code
  __athm_code=$(command athm "$@" --shell zsh) || return
  case $__athm_code in
    ': athm use'*) eval "$__athm_code" ;;
    ?*) printf '%s\n' "$__athm_code" ;; # help
  esac
}
# Renews what `athm use` loaded; until then it only compares a variable.
function __athm_prompt {
  local __athm_status=$? __athm_at=${ATHM_USE-}
  __athm_at=${__athm_at%% *}
  case $__athm_at in
    '' | 0 | *[!0-9]*) ;;
    *)
      zmodload -F zsh/datetime p:EPOCHSECONDS
      if ((EPOCHSECONDS >= __athm_at)); then
        __athm_load use --renew || export ATHM_USE="0 ${ATHM_USE#* }"
      fi
      ;;
  esac
  case $- in *e*) return 0 ;; esac # with errexit, any other status would end the shell
  return "$__athm_status"
}
if [[ -o interactive ]]; then
  typeset -ga precmd_functions
  case " ${precmd_functions[*]} " in
    *' __athm_prompt '*) ;;
    *) precmd_functions=(__athm_prompt "${precmd_functions[@]}") ;;
  esac
fi
