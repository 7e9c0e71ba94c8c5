# The shell function athm for fish 3.1 or newer. To load it: athm shell-init fish | source
#
# It evaluates only what athm prints for `athm use`, where every value is quoted.
function athm
    for word in $argv
        switch "$word"
            case use
                __athm_load $argv
                return
            case --debug --no-prompt
            case '*'
                break
        end
    end
    command athm $argv
end
function __athm_load
    set -l code (command athm $argv --shell fish)
    or return
    if test "$code[1]" = ': athm use'
        string join \n -- $code | source
    else if test -n "$code"
        printf '%s\n' $code # help
    end
end
# Renews what `athm use` loaded; until then it only compares a variable.
function __athm_prompt --on-event fish_prompt
    string match -qr '^[1-9][0-9]* ' -- "$ATHM_USE"
    or return
    set -l parts (string split -m 1 ' ' -- "$ATHM_USE")
    test (date +%s) -ge $parts[1]
    or return
    __athm_load use --renew
    or set -gx ATHM_USE "0 $parts[2]"
end
