# The shell function athm for PowerShell 5.1 or newer. To load it, in $PROFILE:
#   athm shell-init powershell | Out-String | Invoke-Expression
#
# It evaluates only what athm prints for `athm use`, where every value is quoted.
function global:athm {
    $words = @(__athm_words $args $MyInvocation.Line $MyInvocation.OffsetInLine)
    $typed = @($words | Where-Object { $_ -notin '--debug', '--no-prompt' })
    if ($typed.Count -gt 0 -and $typed[0] -ceq 'use') { return __athm_load $words }
    $athm = Get-Command athm -CommandType Application -ErrorAction Stop | Select-Object -First 1
    if ($MyInvocation.ExpectingInput) { $input | & $athm $words } else { & $athm $words }
}
# A function's arguments lack the first --, and 0123 is a number there: athm needs them as typed.
function global:__athm_words($words, $line, $offset) {
    if (-not $line -or $offset -lt 1) { return $words }
    $ast = [System.Management.Automation.Language.Parser]::ParseInput(
        $line.Substring($offset - 1), [ref]$null, [ref]$null)
    $call = $ast.Find({ $args[0] -is [System.Management.Automation.Language.CommandAst] }, $true)
    if (-not $call) { return $words }
    $typed = @()
    $at = 0
    foreach ($element in ($call.CommandElements | Select-Object -Skip 1)) {
        $text = $element.Extent.Text
        if ($text -ceq '--' -and $typed -cnotcontains '--') {
            $typed += '--'
            continue
        }
        # How many arguments these are is not known here.
        if ($element -is [System.Management.Automation.Language.CommandParameterAst] -and
            $element.Argument) { return $words }
        if ($element -is [System.Management.Automation.Language.VariableExpressionAst] -and
            $element.Splatted) { return $words }
        if ($at -ge $words.Count) { return $words }
        if ($element -is [System.Management.Automation.Language.ConstantExpressionAst] -and
            $element -isnot [System.Management.Automation.Language.StringConstantExpressionAst]) {
            $typed += $text
        } else {
            $typed += $words[$at]
        }
        $at++
    }
    if ($at -ne $words.Count) { return $words }
    return $typed
}
function global:__athm_load($words) {
    $athm = Get-Command athm -CommandType Application -ErrorAction Stop | Select-Object -First 1
    $code = @(& $athm $words '--shell' 'powershell')
    if ($LASTEXITCODE -ne 0 -or $code.Count -eq 0) { return }
    if ($code[0] -ceq '# athm use') {
        Invoke-Expression ($code -join "`n")
    } else {
        $code # help
    }
}
# Renews what `athm use` loaded; until then it only compares a variable.
function global:__athm_prompt {
    if ("$Env:ATHM_USE" -notmatch '^([1-9][0-9]*) ') { return }
    if ([DateTimeOffset]::UtcNow.ToUnixTimeSeconds() -lt [long]$Matches[1]) { return }
    $before = $Env:ATHM_USE
    $code = $global:LASTEXITCODE
    __athm_load @('use', '--renew') | Out-Null
    if ($Env:ATHM_USE -ceq $before) { $Env:ATHM_USE = $before -replace '^[0-9]+', '0' }
    $global:LASTEXITCODE = $code
}
if ("$function:prompt" -notmatch '__athm_prompt') {
    $global:__athmPrompt = $function:prompt
    function global:prompt {
        __athm_prompt
        & $global:__athmPrompt
    }
}
