# The shell function athm for bash 3.2 or newer. To load it: eval "$(athm shell-init bash)"
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
  __athm_code=$(command athm "$@" --shell bash) || return
  case $__athm_code in
    ': athm use'*) eval "$__athm_code" ;;
    ?*) printf '%s\n' "$__athm_code" ;; # help
  esac
}
# Renews what `athm use` loaded; until then it only compares a variable.
function __athm_prompt {
  local __athm_status=$? __athm_at=${ATHM_USE-} __athm_now
  __athm_at=${__athm_at%% *}
  case $__athm_at in
    '' | 0 | *[!0-9]*) ;;
    *)
      printf -v __athm_now '%(%s)T' -1 2>/dev/null || __athm_now=$(date +%s)
      if ((__athm_now >= __athm_at)); then
        __athm_load use --renew || export ATHM_USE="0 ${ATHM_USE#* }"
      fi
      ;;
  esac
  case $- in *e*) return 0 ;; esac # with errexit, any other status would end the shell
  return "$__athm_status"
}
case $- in
  *i*)
    # The first of an array too, so that the user's own commands see the status of the last one.
    case ${PROMPT_COMMAND[*]-} in
      *__athm_prompt*) ;;
      *) PROMPT_COMMAND=__athm_prompt${PROMPT_COMMAND:+$'\n'$PROMPT_COMMAND} ;;
    esac
    ;;
esac
