# jit: completion for PowerShell. Made by: jit completion pwsh
Register-ArgumentCompleter -Native -CommandName jit -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $commands = [ordered]@{
        'login' = @{ summary = 'log in through your company''s identity provider'; variadic = $false; options = @{ '--device' = @{ summary = 'show a code to type in on another machine'; value = $null }; '--browser' = @{ summary = 'open a browser on this machine'; value = $null }; '--key-store' = @{ summary = 'where keys lie'; value = @{ kind = 'words'; words = @('auto', 'keyutils', 'passphrase-file', 'memory') } }; '--json' = @{ summary = 'print the result as JSON'; value = $null }; '-h' = @{ summary = 'show this help'; value = $null }; '--help' = @{ summary = 'show this help'; value = $null } }; places = @(@{ kind = 'free' }) }
        'targets' = @{ summary = 'what you may ask for'; variadic = $false; options = @{ '--json' = @{ summary = 'print the result as JSON'; value = $null }; '-h' = @{ summary = 'show this help'; value = $null }; '--help' = @{ summary = 'show this help'; value = $null } }; places = @() }
        'elevate' = @{ summary = 'ask for access and receive credentials'; variadic = $true; options = @{ '--for' = @{ summary = 'how long'; value = @{ kind = 'free' } }; '--reason' = @{ summary = 'why'; value = @{ kind = 'free' } }; '--justification' = @{ summary = 'the same as --reason'; value = @{ kind = 'free' } }; '--ticket' = @{ summary = 'ticket that this belongs to'; value = @{ kind = 'free' } }; '--at' = @{ summary = 'start later'; value = @{ kind = 'free' } }; '--deliver' = @{ summary = 'files'; value = @{ kind = 'words'; words = @('files', 'process', 'isolated') } }; '--as-default' = @{ summary = 'also the default profile, configuration, subscription or context until it ends'; value = $null }; '--no-wait' = @{ summary = 'do not wait for people to decide'; value = $null }; '--wait-timeout' = @{ summary = 'wait that long at most'; value = @{ kind = 'free' } }; '--request' = @{ summary = 'come back to a request that is open or approved'; value = @{ kind = 'requests' } }; '--explain' = @{ summary = 'ask nothing'; value = $null }; '--json' = @{ summary = 'print the result as JSON'; value = $null }; '-h' = @{ summary = 'show this help'; value = $null }; '--help' = @{ summary = 'show this help'; value = $null } }; places = @(@{ kind = 'targets' }) }
        'status' = @{ summary = 'active grants on this machine, pending requests'; variadic = $false; options = @{ '--watch' = @{ summary = 'keep it on the screen, up to date, until Ctrl-C'; value = $null }; '--json' = @{ summary = 'print the result as JSON'; value = $null }; '-h' = @{ summary = 'show this help'; value = $null }; '--help' = @{ summary = 'show this help'; value = $null } }; places = @() }
        'extend' = @{ summary = 'make a grant longer, without a gap'; variadic = $false; options = @{ '--for' = @{ summary = 'how much longer'; value = @{ kind = 'free' } }; '--reason' = @{ summary = 'why'; value = @{ kind = 'free' } }; '--justification' = @{ summary = 'the same as --reason'; value = @{ kind = 'free' } }; '--ticket' = @{ summary = 'ticket that this belongs to'; value = @{ kind = 'free' } }; '--no-wait' = @{ summary = 'do not wait for people to decide'; value = $null }; '--wait-timeout' = @{ summary = 'wait that long at most'; value = @{ kind = 'free' } }; '--json' = @{ summary = 'print the result as JSON'; value = $null }; '-h' = @{ summary = 'show this help'; value = $null }; '--help' = @{ summary = 'show this help'; value = $null } }; places = @(@{ kind = 'grants' }) }
        'revoke' = @{ summary = 'end a grant before its time is up'; variadic = $false; options = @{ '--all' = @{ summary = 'end every grant on this machine'; value = $null }; '--json' = @{ summary = 'print the result as JSON'; value = $null }; '-h' = @{ summary = 'show this help'; value = $null }; '--help' = @{ summary = 'show this help'; value = $null } }; places = @(@{ kind = 'grants' }) }
        'exec' = @{ summary = 'run one program with credentials'; variadic = $true; options = @{ '--for' = @{ summary = 'how long'; value = @{ kind = 'free' } }; '--reason' = @{ summary = 'why'; value = @{ kind = 'free' } }; '--justification' = @{ summary = 'the same as --reason'; value = @{ kind = 'free' } }; '--ticket' = @{ summary = 'ticket that this belongs to'; value = @{ kind = 'free' } }; '--wait-timeout' = @{ summary = 'wait that long at most for the decision'; value = @{ kind = 'free' } }; '-h' = @{ summary = 'show this help'; value = $null }; '--help' = @{ summary = 'show this help'; value = $null } }; places = @(@{ kind = 'targets' }, @{ kind = 'program' }) }
        'env' = @{ summary = 'variables that make clients use a grant, for `eval`'; variadic = $false; options = @{ '--shell' = @{ summary = 'bash, zsh, fish, pwsh, json, dotenv'; value = @{ kind = 'words'; words = @('bash', 'zsh', 'fish', 'pwsh', 'json', 'dotenv') } }; '--values' = @{ summary = 'print the AWS keys themselves, for programs that read nothing else'; value = $null }; '--json' = @{ summary = 'the same as --shell json'; value = $null }; '-h' = @{ summary = 'show this help'; value = $null }; '--help' = @{ summary = 'show this help'; value = $null } }; places = @(@{ kind = 'grants' }) }
        'console' = @{ summary = 'the cloud''s web console'; variadic = $false; options = @{ '--print' = @{ summary = 'print the sign-in URL instead of opening it'; value = $null }; '--json' = @{ summary = 'print the result as JSON'; value = $null }; '-h' = @{ summary = 'show this help'; value = $null }; '--help' = @{ summary = 'show this help'; value = $null } }; places = @(@{ kind = 'grants' }) }
        'whoami' = @{ summary = 'who you are to the endpoint'; variadic = $false; options = @{ '--json' = @{ summary = 'print the result as JSON'; value = $null }; '-h' = @{ summary = 'show this help'; value = $null }; '--help' = @{ summary = 'show this help'; value = $null } }; places = @() }
        'logout' = @{ summary = 'forget the login of this machine'; variadic = $false; options = @{ '--json' = @{ summary = 'print the result as JSON'; value = $null }; '-h' = @{ summary = 'show this help'; value = $null }; '--help' = @{ summary = 'show this help'; value = $null } }; places = @() }
        'requests' = @{ summary = 'your requests, those that wait for you, or one of them'; variadic = $false; options = @{ '--to-review' = @{ summary = 'requests of others that you may decide'; value = $null }; '--json' = @{ summary = 'print the result as JSON'; value = $null }; '-h' = @{ summary = 'show this help'; value = $null }; '--help' = @{ summary = 'show this help'; value = $null } }; places = @(@{ kind = 'requests' }) }
        'approve' = @{ summary = 'approve a request'; variadic = $false; options = @{ '--json' = @{ summary = 'print the result as JSON'; value = $null }; '-h' = @{ summary = 'show this help'; value = $null }; '--help' = @{ summary = 'show this help'; value = $null } }; places = @(@{ kind = 'free' }) }
        'deny' = @{ summary = 'deny a request'; variadic = $false; options = @{ '--reason' = @{ summary = 'why'; value = @{ kind = 'free' } }; '--json' = @{ summary = 'print the result as JSON'; value = $null }; '-h' = @{ summary = 'show this help'; value = $null }; '--help' = @{ summary = 'show this help'; value = $null } }; places = @(@{ kind = 'free' }) }
        'cancel' = @{ summary = 'take back your own request'; variadic = $false; options = @{ '--json' = @{ summary = 'print the result as JSON'; value = $null }; '-h' = @{ summary = 'show this help'; value = $null }; '--help' = @{ summary = 'show this help'; value = $null } }; places = @(@{ kind = 'requests' }) }
        'kill' = @{ summary = 'end grants at once, everywhere'; variadic = $false; options = @{ '--user' = @{ summary = 'all of one person'; value = @{ kind = 'free' } }; '--pipeline' = @{ summary = 'all jobs of one pipeline, by its name at the endpoint'; value = @{ kind = 'free' } }; '--target' = @{ summary = 'all of one target'; value = @{ kind = 'free' } }; '--grant' = @{ summary = 'one grant'; value = @{ kind = 'free' } }; '--all' = @{ summary = 'everything of everybody'; value = $null }; '--reason' = @{ summary = 'why'; value = @{ kind = 'free' } }; '--list' = @{ summary = 'show what is in force'; value = $null }; '--lift' = @{ summary = 'let one go again'; value = @{ kind = 'free' } }; '--yes' = @{ summary = 'do not ask whether I am sure'; value = $null }; '--json' = @{ summary = 'print the result as JSON'; value = $null }; '-h' = @{ summary = 'show this help'; value = $null }; '--help' = @{ summary = 'show this help'; value = $null } }; places = @() }
        'doctor' = @{ summary = 'check this machine, and say what mends what'; variadic = $false; options = @{ '--json' = @{ summary = 'print the result as JSON'; value = $null }; '--fix' = @{ summary = 'mend what can be mended from here, and install what removes credentials in time'; value = $null }; '--remove-layers' = @{ summary = 'take away what the service manager of this system starts for jit'; value = $null }; '-h' = @{ summary = 'show this help'; value = $null }; '--help' = @{ summary = 'show this help'; value = $null } }; places = @() }
        'shell-init' = @{ summary = 'prompt segment'; variadic = $false; options = @{ '-h' = @{ summary = 'show this help'; value = $null }; '--help' = @{ summary = 'show this help'; value = $null } }; places = @(@{ kind = 'words'; words = @('bash', 'zsh', 'fish', 'pwsh') }) }
        'completion' = @{ summary = 'completions for a shell'; variadic = $false; options = @{ '-h' = @{ summary = 'show this help'; value = $null }; '--help' = @{ summary = 'show this help'; value = $null } }; places = @(@{ kind = 'words'; words = @('bash', 'zsh', 'fish', 'pwsh') }) }
        'sweep' = @{ summary = 'remove credentials whose time is up'; variadic = $false; options = @{ '--json' = @{ summary = 'print the result as JSON'; value = $null }; '-h' = @{ summary = 'show this help'; value = $null }; '--help' = @{ summary = 'show this help'; value = $null } }; places = @() }
        'credential-process' = @{ summary = 'credentials of an active grant, for AWS SDKs'; variadic = $false; options = @{ '-h' = @{ summary = 'show this help'; value = $null }; '--help' = @{ summary = 'show this help'; value = $null } }; places = @(@{ kind = 'grants' }) }
        'kube-credential' = @{ summary = 'token of an active grant, for kubectl'; variadic = $false; options = @{ '-h' = @{ summary = 'show this help'; value = $null }; '--help' = @{ summary = 'show this help'; value = $null } }; places = @(@{ kind = 'grants' }) }
        'gcp-credential' = @{ summary = 'token of an active grant, for Google''s SDKs'; variadic = $false; options = @{ '-h' = @{ summary = 'show this help'; value = $null }; '--help' = @{ summary = 'show this help'; value = $null } }; places = @(@{ kind = 'grants' }) }
        'help' = @{ summary = 'help for a command, `exit-codes` or `environment`'; variadic = $false; options = @{ '-h' = @{ summary = 'show this help'; value = $null }; '--help' = @{ summary = 'show this help'; value = $null } }; places = @(@{ kind = 'words'; words = @('login', 'targets', 'elevate', 'status', 'extend', 'revoke', 'exec', 'env', 'console', 'whoami', 'logout', 'requests', 'approve', 'deny', 'cancel', 'kill', 'doctor', 'shell-init', 'completion', 'sweep', 'credential-process', 'kube-credential', 'gcp-credential', 'help', 'exit-codes', 'environment') }) }
    }
    $aliases = @{ 'ls' = 'targets' }
    $global = @{ '-V' = @{ summary = 'show the version'; value = $null }; '--version' = @{ summary = 'show the version'; value = $null }; '--non-interactive' = @{ summary = 'never ask'; value = $null }; '--workload' = @{ summary = 'log in with the token of this job''s platform'; value = @{ kind = 'words'; words = @('github', 'gitlab', 'circleci', 'buildkite', 'azure-devops', 'kubernetes', 'aws', 'google', 'spiffe', 'pinned', 'auto', 'off') } }; '-h' = @{ summary = 'show this help'; value = $null }; '--help' = @{ summary = 'show this help'; value = $null } }

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
        $names | Where-Object { $_ -cmatch '\A[a-z][a-z0-9_-]*\z' } | Select-Object -Unique
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
