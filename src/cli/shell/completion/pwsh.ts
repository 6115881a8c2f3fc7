import { quoteFor } from '../../../base/shell-quote.ts'
import { type CompletedOption, type CompletionModel, short, type Source } from './model.ts'

const quoted = (text: string): string => quoteFor('pwsh', text)

/** For Windows PowerShell 5.1 and PowerShell 7. Names that were read are data to the completer, and only such as a target may have. */
export const pwshCompletion = ({ options, commands }: CompletionModel): string => `\
# jit: completion for PowerShell. Made by: jit completion pwsh
Register-ArgumentCompleter -Native -CommandName jit -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $commands = [ordered]@{
${commands
  .map(
    ({ name, summary, options: own, places, variadic }) =>
      `        ${quoted(name)} = @{ summary = ${quoted(short(summary) || name)}; variadic = $${variadic}; options = ${table(own)}; places = @(${places.map(sourceText).join(', ')}) }`,
  )
  .join('\n')}
    }
    $aliases = @{ ${commands.flatMap(({ name, aliases }) => aliases.map((alias) => `${quoted(alias)} = ${quoted(name)}`)).join('; ')} }
    $global = ${table(options)}

    # Names that jit has written down. Whatever else lies in these files is not offered.
    function Get-JitNames([string]$kind) {
        $state = $env:JIT_STATE_DIR
        if (-not $state) {
            if ($env:OS -eq 'Windows_NT') { $state = [System.IO.Path]::Combine("$env:LOCALAPPDATA", 'jit', 'state') }
            elseif ((Test-Path variable:IsMacOS) -and $IsMacOS) { $state = "$HOME/Library/Application Support/jit/state" }
            elseif ("$env:XDG_STATE_HOME".StartsWith('/')) { $state = "$env:XDG_STATE_HOME/jit" }
            else { $state = "$HOME/.local/state/jit" }
        }
        $names = @()
        if (-not [System.IO.Directory]::Exists($state)) { return $names }
        if ($kind -ceq 'targets') {
            $file = [System.IO.Path]::Combine($state, 'targets')
            if ([System.IO.File]::Exists($file)) { $names = [System.IO.File]::ReadAllLines($file) }
        }
        elseif ($kind -ceq 'grants') {
            foreach ($machine in [System.IO.Directory]::GetDirectories($state)) {
                $file = [System.IO.Path]::Combine($machine, 'prompt')
                if (-not [System.IO.File]::Exists($file)) { continue }
                foreach ($line in [System.IO.File]::ReadAllLines($file)) {
                    $fields = @($line.Split(' '))
                    if ($fields.Count -eq 3 -and $fields[1] -cin @('active', 'stuck')) { $names += $fields[2] }
                }
            }
        }
        elseif ($kind -ceq 'requests') {
            $directory = [System.IO.Path]::Combine($state, 'requests')
            if ([System.IO.Directory]::Exists($directory)) {
                $names = [System.IO.Directory]::GetFiles($directory, 'r_*.json') | ForEach-Object { [System.IO.Path]::GetFileNameWithoutExtension($_) }
            }
        }
        $names | Where-Object { $_ -cmatch '\\A[a-z][a-z0-9_-]*\\z' } | Select-Object -Unique
    }

    $typed = "$wordToComplete"
    $words = @($commandAst.CommandElements | Where-Object { $_.Extent.EndOffset -lt $cursorPosition -or ($_.Extent.EndOffset -eq $cursorPosition -and $typed -eq '') } | ForEach-Object { "$_" })
    $command = ''; $option = ''; $place = 0
    for ($index = 1; $index -lt $words.Count; $index++) {
        $word = $words[$index]
        if ($option) { $option = ''; continue }
        if ($command -ceq 'exec' -and $word -ceq '--') { return }
        if ($word.StartsWith('-')) {
            if ($command -and $commands[$command].options.Contains($word) -and $commands[$command].options[$word].value) { $option = $word }
            continue
        }
        if (-not $command) {
            if ($aliases.Contains($word)) { $word = $aliases[$word] }
            if (-not $commands.Contains($word)) { return }
            $command = $word
        }
        else { $place++ }
    }

    $offered = [ordered]@{}
    $source = $null
    if ($option) { $source = $commands[$command].options[$option].value }
    elseif ($typed.StartsWith('-')) {
        $own = if ($command) { $commands[$command].options } else { $global }
        foreach ($flag in $own.Keys) { $offered[$flag] = $own[$flag].summary }
    }
    elseif (-not $command) { foreach ($name in $commands.Keys) { $offered[$name] = $commands[$name].summary } }
    else {
        $places = @($commands[$command].places)
        if ($place -lt $places.Count) { $source = $places[$place] }
        elseif ($commands[$command].variadic) { $source = $places[-1] }
    }
    if ($source) {
        if ($source.kind -ceq 'words') { foreach ($word in $source.words) { $offered[$word] = $word } }
        elseif ($source.kind -cnotin @('free', 'program')) { foreach ($name in @(Get-JitNames $source.kind)) { if ($name) { $offered[$name] = $name } } }
    }
    foreach ($name in $offered.Keys) {
        if ($name.StartsWith($typed, [StringComparison]::Ordinal)) {
            [System.Management.Automation.CompletionResult]::new($name, $name, 'ParameterValue', $offered[$name])
        }
    }
}
`

const table = (options: readonly CompletedOption[]): string =>
  `@{ ${options
    .flatMap(({ flags, summary, value }) =>
      flags.map(
        (flag) =>
          `${quoted(flag)} = @{ summary = ${quoted(short(summary))}; value = ${value === undefined ? '$null' : sourceText(value)} }`,
      ),
    )
    .join('; ')} }`

const sourceText = (source: Source): string =>
  source.kind === 'words'
    ? `@{ kind = 'words'; words = @(${source.words.map(quoted).join(', ')}) }`
    : `@{ kind = '${source.kind}' }`
