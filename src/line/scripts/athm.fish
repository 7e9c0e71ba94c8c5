# Completion of athm for fish 3.1 or newer. To load it: athm completions fish | source; or write it into
# ~/.config/fish/completions/athm.fish.
#
# What athm answers is handed to fish as text, and never evaluated.
function __athm_complete
    set -l words (commandline -opc)
    set -e words[1]
    set -l current (commandline -ct)
    set -l lines (command athm completions fish -- $words "$current" 2>/dev/null)
    set -l directive (string split -m 1 ' ' -- $lines[1])
    set -e lines[1]
    switch "$directive[1]"
        case values
            test (count $lines) -gt 0; and printf '%s\n' $lines
        case files
            set -l before "$directive[2]"
            set -l typed (string sub -s (math (string length -- "$before") + 1) -- "$current")
            for path in (__fish_complete_path "$typed")
                printf '%s\n' "$before$path"
            end
        case program
            # From here on the line is another program's, whose own completion takes over.
            set -l from (math $directive[2] + 1)
            set -l line
            if test $from -le (count $words)
                set line (string escape -- $words[$from..-1])
            end
            complete -C (string join ' ' -- $line "$current")
    end
end
complete -c athm -e
complete -c athm -f -a '(__athm_complete)'
