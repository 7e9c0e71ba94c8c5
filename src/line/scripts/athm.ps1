# Completion of athm for PowerShell 5.1 or newer. To load it, in $PROFILE:
#   athm completions powershell | Out-String | Invoke-Expression
#
# What athm answers is handed to PowerShell as text, and never evaluated.
Register-ArgumentCompleter -Native -CommandName athm -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $elements = @($commandAst.CommandElements | Select-Object -Skip 1 |
        Where-Object { $_.Extent.EndOffset -lt $cursorPosition })
    # Each word has a dot before it: PowerShell before 7.3 drops empty arguments.
    $words = @($elements | ForEach-Object {
            if ($_ -is [System.Management.Automation.Language.StringConstantExpressionAst]) {
                '.' + $_.Value
            } else {
                '.' + $_.Extent.Text
            }
        }) + @('.' + $wordToComplete)
    $athm = Get-Command athm -CommandType Application -ErrorAction SilentlyContinue |
        Select-Object -First 1
    if (-not $athm) { return }
    $lines = @(& $athm completions powershell '--' $words 2>$null)
    if ($lines.Count -eq 0) { return }
    $directive, $rest = ($lines[0] -split ' ', 2)
    if ($directive -eq 'values') {
        foreach ($line in ($lines | Select-Object -Skip 1)) {
            $value, $help = ($line -split "`t", 2)
            if (-not $value.StartsWith($wordToComplete, 'OrdinalIgnoreCase')) { continue }
            if (-not $help) { $help = $value }
            [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $help)
        }
    } elseif ($directive -eq 'program') {
        # From here on the line is another program's, whose own completion takes over.
        $from = [int]$rest
        if ($from -ge $elements.Count) {
            [System.Management.Automation.CompletionCompleters]::CompleteCommand($wordToComplete)
        } else {
            $start = $elements[$from].Extent.StartOffset - $commandAst.Extent.StartOffset
            $text = $commandAst.Extent.Text.Substring($start)
            $at = $cursorPosition - $elements[$from].Extent.StartOffset
            $text = $text.PadRight($at)
            [System.Management.Automation.CommandCompletion]::CompleteInput($text, $at, $null).CompletionMatches
        }
    }
    # Nothing said: PowerShell completes with files.
}
