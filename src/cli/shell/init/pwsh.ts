import { quoteFor } from '../../../base/shell-quote.ts'
import type { PromptPlaces } from '../types.ts'
import {
  ASK_AGAIN_SECONDS,
  MOST_LINES,
  MOST_NAMES,
  NARROW_COLUMNS,
  NOW_SECONDS,
  SET_BACK_SECONDS,
  SOON_SECONDS,
} from './limits.ts'

const quoted = (value: string): string => quoteFor('pwsh', value)

/** For Windows PowerShell 5.1 and PowerShell 7. The user's prompt runs first in ours, so that it sees `$?` as it was. */
export const pwshInit = ({ hint, asked, sweep, env }: PromptPlaces): string => {
  const [program = '', ...words] = sweep
  return `\
# jit: prompt segment for PowerShell. In $PROFILE: jit shell-init pwsh | Out-String | Invoke-Expression
$global:JitHint = ${quoted(hint)}
$global:JitAskedFile = ${quoted(asked)}
$global:JitAsked = [long]0
$global:JIT_PROMPT_SEGMENT = ''
$global:JIT_PROMPT_LEVEL = ''

# Leaves what there is to show in JIT_PROMPT_SEGMENT, and its urgency in JIT_PROMPT_LEVEL.
function global:Update-JitPrompt {
    $global:JIT_PROMPT_SEGMENT = ''
    $global:JIT_PROMPT_LEVEL = ''
    if (-not [System.IO.File]::Exists($global:JitHint)) { return }
    try { $lines = [System.IO.File]::ReadAllLines($global:JitHint) } catch { return }
    $now = [DateTimeOffset]::UtcNow.ToUnixTimeSeconds()
    $number = '\\A[1-9][0-9]{0,11}\\z'
    $pieces = [System.Collections.Generic.List[string]]::new()
    $urgency = 0; $more = 0; $unsure = $false; $due = [long]0
    $most = ${MOST_NAMES}
    try { if ([Console]::WindowWidth -lt ${NARROW_COLUMNS}) { $most = 1 } } catch { $most = ${MOST_NAMES} }
    foreach ($line in @($lines)[0..${MOST_LINES - 1}]) {
        $fields = @("$line".Split(' '))
        if ($fields.Count -lt 3 -or $fields[0] -cnotmatch $number) { continue }
        $at = [long]$fields[0]
        $left = $at - $now
        if ($fields[1] -ceq 'due') {
            if ($fields[2] -cmatch $number -and [long]$fields[2] -gt $now + ${SET_BACK_SECONDS}) { $unsure = $true }
            if ($unsure) { $due = [long]1 } elseif ($left -le 0) { $due = $at }
            continue
        }
        elseif ($fields[1] -ceq 'stuck') { $level = 3; $piece = 'not wiped' }
        elseif ($fields[1] -cne 'active') { continue }
        elseif ($unsure) { $level = 2; $piece = '?' }
        elseif ($left -le 0) { continue }
        elseif ($left -lt ${NOW_SECONDS}) { $level = 3; $piece = "ends in \${left}s" }
        elseif ($left -lt ${SOON_SECONDS}) { $level = 2; $piece = "$([Math]::Floor($left / 60))m left" }
        elseif ($left -lt 3600) { $level = 1; $piece = "$([Math]::Floor($left / 60))m" }
        else { $level = 1; $piece = '{0}h{1:00}m' -f [Math]::Floor($left / 3600), [Math]::Floor($left % 3600 / 60) }
        if ($level -gt $urgency) { $urgency = $level }
        if ($pieces.Count -ge $most) { $more++; continue }
        $name = $fields[2] -creplace '[^A-Za-z0-9._-]', '?'
        if ($name.Length -gt 32) { $name = $name.Substring(0, 30) + '..' }
        if ($name -eq '') { $name = '?' }
        $pieces.Add("$name $piece")
    }
    $global:JIT_PROMPT_SEGMENT = $pieces -join ', '
    if ($more -gt 0) { $global:JIT_PROMPT_SEGMENT += " +$more" }
    $global:JIT_PROMPT_LEVEL = @('', 'calm', 'soon', 'now')[$urgency]
    if ($due -ne 0) { Start-JitSweep $now $due }
}

# Starts jit sweep and waits for nothing. Shells tell one another through a file when it was started last: what came due since
# then is asked for at once, the same again after a while.
function global:Start-JitSweep([long]$now, [long]$due) {
    if ($due -le $global:JitAsked -and $global:JitAsked -le $now -and $now - $global:JitAsked -lt ${ASK_AGAIN_SECONDS}) { return }
    $global:JitAsked = $now
    try {
        if ([System.IO.File]::Exists($global:JitAskedFile)) {
            $last = [System.IO.File]::ReadAllText($global:JitAskedFile).Trim()
            if ($last -cmatch '\\A[1-9][0-9]{0,11}\\z' -and $due -le [long]$last -and [long]$last -le $now -and $now - [long]$last -lt ${ASK_AGAIN_SECONDS}) { return }
        }
        [System.IO.File]::WriteAllText($global:JitAskedFile, "$now")
    } catch { $last = '' }
    try {
        $start = [System.Diagnostics.ProcessStartInfo]::new(${quoted(program)})
        $start.Arguments = ${quoted(words.map((word) => `"${word.replaceAll('"', String.raw`\"`)}"`).join(' '))}
        $start.UseShellExecute = $false
        $start.CreateNoWindow = $true
        $start.RedirectStandardInput = $true
        $start.RedirectStandardOutput = $true
        $start.RedirectStandardError = $true
${Object.entries(env)
  .map(([name, value]) => `        $start.EnvironmentVariables[${quoted(name)}] = ${quoted(value)}`)
  .join('\n')}
        $running = [System.Diagnostics.Process]::Start($start)
        $running.StandardInput.Close()
    } catch { $running = $null }
}

function global:Get-JitSegment {
    if ($global:JIT_PROMPT_SEGMENT -eq '') { return '' }
    $text = "[$($global:JIT_PROMPT_SEGMENT)]"
    $colour = @{ soon = '33'; now = '1;31' }[$global:JIT_PROMPT_LEVEL]
    if (-not $colour -or $env:NO_COLOR -or $env:TERM -eq 'dumb') { return "$text " }
    $escape = [char]27
    return "$escape[\${colour}m$text$escape[0m "
}

# For prompts of your own: the segment without colours; -q only brings JIT_PROMPT_SEGMENT and JIT_PROMPT_LEVEL up to date.
function global:jit_prompt_segment([switch]$q) {
    Update-JitPrompt
    if (-not $q) { $global:JIT_PROMPT_SEGMENT }
}

if (-not (Test-Path variable:global:JitUserPrompt)) {
    $global:JitUserPrompt = $function:prompt
    function global:prompt {
        $text = & $global:JitUserPrompt
        $code = $global:LASTEXITCODE
        Update-JitPrompt
        $global:LASTEXITCODE = $code
        if ($env:JIT_PROMPT -eq 'off') { return -join $text }
        return (Get-JitSegment) + (-join $text)
    }
}
`
}
