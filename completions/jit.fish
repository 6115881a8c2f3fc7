# jit: completion for fish. Made by: jit completion fish

# Names that jit has written down. Whatever else lies in these files is not offered.
function __jit_complete_names
    set -l state "$HOME/.local/state/jit"
    string match -q '/*' -- "$XDG_STATE_HOME"; and set state "$XDG_STATE_HOME/jit"
    test -d "$HOME/Library/Application Support/jit"; and set state "$HOME/Library/Application Support/jit/state"
    test -n "$JIT_STATE_DIR"; and set state $JIT_STATE_DIR
    switch $argv[1]
        case targets
            test -f $state/targets; and string match -r '^[a-z][a-z0-9-]*$' <$state/targets
        case grants
            for file in $state/*/prompt
                string replace -rf '^[0-9]+ (?:active|stuck) ([a-z][a-z0-9-]*)$' '$1' <$file
            end
        case requests
            for file in $state/requests/r_*.json
                string replace -rf '.*/(r_[a-z0-9]+)\.json$' '$1' -- $file
            end
    end
end

# Which command is being typed, and at which of its places.
function __jit_at
    set -l tokens (commandline -opc)
    set -l command ''
    set -l option ''
    set -l place 0
    for word in $tokens[2..-1]
        if test -n "$option"
            set option ''
            continue
        end
        switch "$command:$word"
            case exec:--
                set place program
                break
            case login:--key-store
                set option $word
            case elevate:--for
                set option $word
            case elevate:--reason
                set option $word
            case elevate:--justification
                set option $word
            case elevate:--ticket
                set option $word
            case elevate:--at
                set option $word
            case elevate:--deliver
                set option $word
            case elevate:--wait-timeout
                set option $word
            case elevate:--request
                set option $word
            case extend:--for
                set option $word
            case extend:--reason
                set option $word
            case extend:--justification
                set option $word
            case extend:--ticket
                set option $word
            case extend:--wait-timeout
                set option $word
            case exec:--for
                set option $word
            case exec:--reason
                set option $word
            case exec:--justification
                set option $word
            case exec:--ticket
                set option $word
            case exec:--wait-timeout
                set option $word
            case env:--shell
                set option $word
            case deny:--reason
                set option $word
            case kill:--user
                set option $word
            case kill:--pipeline
                set option $word
            case kill:--target
                set option $word
            case kill:--grant
                set option $word
            case kill:--reason
                set option $word
            case kill:--lift
                set option $word
            case '*:-*'
                continue
            case :login
                set command login
            case :targets :ls
                set command targets
            case :elevate
                set command elevate
            case :status
                set command status
            case :extend
                set command extend
            case :revoke
                set command revoke
            case :exec
                set command exec
            case :env
                set command env
            case :console
                set command console
            case :whoami
                set command whoami
            case :logout
                set command logout
            case :requests
                set command requests
            case :approve
                set command approve
            case :deny
                set command deny
            case :cancel
                set command cancel
            case :kill
                set command kill
            case :doctor
                set command doctor
            case :shell-init
                set command shell-init
            case :completion
                set command completion
            case :sweep
                set command sweep
            case :credential-process
                set command credential-process
            case :kube-credential
                set command kube-credential
            case :gcp-credential
                set command gcp-credential
            case :help
                set command help
            case ':*'
                set command unknown
            case '*'
                set place (math $place + 1)
        end
    end
    test "$command" = "$argv[1]"; or return 1
    test (count $argv) -lt 2; and return 0
    test "$place" = program; and return 1
    test $place $argv[2] $argv[3]
end

# The rest of jit exec TARGET -- belongs to the program that is run.
function __jit_in_program
    set -l tokens (commandline -opc)
    test "$tokens[2]" = exec; and contains -- -- $tokens
end
function __jit_complete_program
    set -l tokens (commandline -opc)
    set -l dashes (contains --index -- -- $tokens)
    set -l own $tokens[(math $dashes + 1)..-1]
    complete --do-complete (string join ' ' -- (string escape -- $own) (commandline -ct))
end

complete -c jit -f
complete -c jit -n __jit_in_program -a '(__jit_complete_program)'
complete -c jit -n "__jit_at ''" -s V -l version -d 'show the version'
complete -c jit -n "__jit_at ''" -l non-interactive -d 'never ask'
complete -c jit -n "__jit_at ''" -l workload -x -a 'github gitlab circleci buildkite azure-devops kubernetes aws google spiffe pinned auto off' -d 'log in with the token of this job\'s platform'
complete -c jit -n "__jit_at ''" -s h -l help -d 'show this help'
complete -c jit -n "__jit_at ''" -a login -d 'log in through your company\'s identity provider'
complete -c jit -n "__jit_at login; and not __jit_in_program" -l device -d 'show a code to type in on another machine'
complete -c jit -n "__jit_at login; and not __jit_in_program" -l browser -d 'open a browser on this machine'
complete -c jit -n "__jit_at login; and not __jit_in_program" -l key-store -x -a 'auto keyutils passphrase-file memory' -d 'where keys lie'
complete -c jit -n "__jit_at login; and not __jit_in_program" -l json -d 'print the result as JSON'
complete -c jit -n "__jit_at login; and not __jit_in_program" -s h -l help -d 'show this help'
complete -c jit -n "__jit_at ''" -a targets -d 'what you may ask for'
complete -c jit -n "__jit_at targets; and not __jit_in_program" -l json -d 'print the result as JSON'
complete -c jit -n "__jit_at targets; and not __jit_in_program" -s h -l help -d 'show this help'
complete -c jit -n "__jit_at ''" -a elevate -d 'ask for access and receive credentials'
complete -c jit -n "__jit_at elevate; and not __jit_in_program" -l for -x -d 'how long'
complete -c jit -n "__jit_at elevate; and not __jit_in_program" -l reason -x -d 'why'
complete -c jit -n "__jit_at elevate; and not __jit_in_program" -l justification -x -d 'the same as --reason'
complete -c jit -n "__jit_at elevate; and not __jit_in_program" -l ticket -x -d 'ticket that this belongs to'
complete -c jit -n "__jit_at elevate; and not __jit_in_program" -l at -x -d 'start later'
complete -c jit -n "__jit_at elevate; and not __jit_in_program" -l deliver -x -a 'files process isolated' -d 'files'
complete -c jit -n "__jit_at elevate; and not __jit_in_program" -l as-default -d 'also the default profile, configuration, subscription or context until it ends'
complete -c jit -n "__jit_at elevate; and not __jit_in_program" -l no-wait -d 'do not wait for people to decide'
complete -c jit -n "__jit_at elevate; and not __jit_in_program" -l wait-timeout -x -d 'wait that long at most'
complete -c jit -n "__jit_at elevate; and not __jit_in_program" -l request -x -a '(__jit_complete_names requests)' -d 'come back to a request that is open or approved'
complete -c jit -n "__jit_at elevate; and not __jit_in_program" -l explain -d 'ask nothing'
complete -c jit -n "__jit_at elevate; and not __jit_in_program" -l json -d 'print the result as JSON'
complete -c jit -n "__jit_at elevate; and not __jit_in_program" -s h -l help -d 'show this help'
complete -c jit -n '__jit_at elevate -ge 0' -a '(__jit_complete_names targets)'
complete -c jit -n "__jit_at ''" -a status -d 'active grants on this machine, pending requests'
complete -c jit -n "__jit_at status; and not __jit_in_program" -l watch -d 'keep it on the screen, up to date, until Ctrl-C'
complete -c jit -n "__jit_at status; and not __jit_in_program" -l json -d 'print the result as JSON'
complete -c jit -n "__jit_at status; and not __jit_in_program" -s h -l help -d 'show this help'
complete -c jit -n "__jit_at ''" -a extend -d 'make a grant longer, without a gap'
complete -c jit -n "__jit_at extend; and not __jit_in_program" -l for -x -d 'how much longer'
complete -c jit -n "__jit_at extend; and not __jit_in_program" -l reason -x -d 'why'
complete -c jit -n "__jit_at extend; and not __jit_in_program" -l justification -x -d 'the same as --reason'
complete -c jit -n "__jit_at extend; and not __jit_in_program" -l ticket -x -d 'ticket that this belongs to'
complete -c jit -n "__jit_at extend; and not __jit_in_program" -l no-wait -d 'do not wait for people to decide'
complete -c jit -n "__jit_at extend; and not __jit_in_program" -l wait-timeout -x -d 'wait that long at most'
complete -c jit -n "__jit_at extend; and not __jit_in_program" -l json -d 'print the result as JSON'
complete -c jit -n "__jit_at extend; and not __jit_in_program" -s h -l help -d 'show this help'
complete -c jit -n '__jit_at extend -eq 0' -a '(__jit_complete_names grants)'
complete -c jit -n "__jit_at ''" -a revoke -d 'end a grant before its time is up'
complete -c jit -n "__jit_at revoke; and not __jit_in_program" -l all -d 'end every grant on this machine'
complete -c jit -n "__jit_at revoke; and not __jit_in_program" -l json -d 'print the result as JSON'
complete -c jit -n "__jit_at revoke; and not __jit_in_program" -s h -l help -d 'show this help'
complete -c jit -n '__jit_at revoke -eq 0' -a '(__jit_complete_names grants)'
complete -c jit -n "__jit_at ''" -a exec -d 'run one program with credentials'
complete -c jit -n "__jit_at exec; and not __jit_in_program" -l for -x -d 'how long'
complete -c jit -n "__jit_at exec; and not __jit_in_program" -l reason -x -d 'why'
complete -c jit -n "__jit_at exec; and not __jit_in_program" -l justification -x -d 'the same as --reason'
complete -c jit -n "__jit_at exec; and not __jit_in_program" -l ticket -x -d 'ticket that this belongs to'
complete -c jit -n "__jit_at exec; and not __jit_in_program" -l wait-timeout -x -d 'wait that long at most for the decision'
complete -c jit -n "__jit_at exec; and not __jit_in_program" -s h -l help -d 'show this help'
complete -c jit -n '__jit_at exec -eq 0' -a '(__jit_complete_names targets)'
complete -c jit -n "__jit_at ''" -a env -d 'variables that make clients use a grant, for `eval`'
complete -c jit -n "__jit_at env; and not __jit_in_program" -l shell -x -a 'bash zsh fish pwsh json dotenv' -d 'bash, zsh, fish, pwsh, json, dotenv'
complete -c jit -n "__jit_at env; and not __jit_in_program" -l values -d 'print the AWS keys themselves, for programs that read nothing else'
complete -c jit -n "__jit_at env; and not __jit_in_program" -l json -d 'the same as --shell json'
complete -c jit -n "__jit_at env; and not __jit_in_program" -s h -l help -d 'show this help'
complete -c jit -n '__jit_at env -eq 0' -a '(__jit_complete_names grants)'
complete -c jit -n "__jit_at ''" -a console -d 'the cloud\'s web console'
complete -c jit -n "__jit_at console; and not __jit_in_program" -l print -d 'print the sign-in URL instead of opening it'
complete -c jit -n "__jit_at console; and not __jit_in_program" -l json -d 'print the result as JSON'
complete -c jit -n "__jit_at console; and not __jit_in_program" -s h -l help -d 'show this help'
complete -c jit -n '__jit_at console -eq 0' -a '(__jit_complete_names grants)'
complete -c jit -n "__jit_at ''" -a whoami -d 'who you are to the endpoint'
complete -c jit -n "__jit_at whoami; and not __jit_in_program" -l json -d 'print the result as JSON'
complete -c jit -n "__jit_at whoami; and not __jit_in_program" -s h -l help -d 'show this help'
complete -c jit -n "__jit_at ''" -a logout -d 'forget the login of this machine'
complete -c jit -n "__jit_at logout; and not __jit_in_program" -l json -d 'print the result as JSON'
complete -c jit -n "__jit_at logout; and not __jit_in_program" -s h -l help -d 'show this help'
complete -c jit -n "__jit_at ''" -a requests -d 'your requests, those that wait for you, or one of them'
complete -c jit -n "__jit_at requests; and not __jit_in_program" -l to-review -d 'requests of others that you may decide'
complete -c jit -n "__jit_at requests; and not __jit_in_program" -l json -d 'print the result as JSON'
complete -c jit -n "__jit_at requests; and not __jit_in_program" -s h -l help -d 'show this help'
complete -c jit -n '__jit_at requests -eq 0' -a '(__jit_complete_names requests)'
complete -c jit -n "__jit_at ''" -a approve -d 'approve a request'
complete -c jit -n "__jit_at approve; and not __jit_in_program" -l json -d 'print the result as JSON'
complete -c jit -n "__jit_at approve; and not __jit_in_program" -s h -l help -d 'show this help'
complete -c jit -n "__jit_at ''" -a deny -d 'deny a request'
complete -c jit -n "__jit_at deny; and not __jit_in_program" -l reason -x -d 'why'
complete -c jit -n "__jit_at deny; and not __jit_in_program" -l json -d 'print the result as JSON'
complete -c jit -n "__jit_at deny; and not __jit_in_program" -s h -l help -d 'show this help'
complete -c jit -n "__jit_at ''" -a cancel -d 'take back your own request'
complete -c jit -n "__jit_at cancel; and not __jit_in_program" -l json -d 'print the result as JSON'
complete -c jit -n "__jit_at cancel; and not __jit_in_program" -s h -l help -d 'show this help'
complete -c jit -n '__jit_at cancel -eq 0' -a '(__jit_complete_names requests)'
complete -c jit -n "__jit_at ''" -a kill -d 'end grants at once, everywhere'
complete -c jit -n "__jit_at kill; and not __jit_in_program" -l user -x -d 'all of one person'
complete -c jit -n "__jit_at kill; and not __jit_in_program" -l pipeline -x -d 'all jobs of one pipeline, by its name at the endpoint'
complete -c jit -n "__jit_at kill; and not __jit_in_program" -l target -x -d 'all of one target'
complete -c jit -n "__jit_at kill; and not __jit_in_program" -l grant -x -d 'one grant'
complete -c jit -n "__jit_at kill; and not __jit_in_program" -l all -d 'everything of everybody'
complete -c jit -n "__jit_at kill; and not __jit_in_program" -l reason -x -d 'why'
complete -c jit -n "__jit_at kill; and not __jit_in_program" -l list -d 'show what is in force'
complete -c jit -n "__jit_at kill; and not __jit_in_program" -l lift -x -d 'let one go again'
complete -c jit -n "__jit_at kill; and not __jit_in_program" -l yes -d 'do not ask whether I am sure'
complete -c jit -n "__jit_at kill; and not __jit_in_program" -l json -d 'print the result as JSON'
complete -c jit -n "__jit_at kill; and not __jit_in_program" -s h -l help -d 'show this help'
complete -c jit -n "__jit_at ''" -a doctor -d 'check this machine, and say what mends what'
complete -c jit -n "__jit_at doctor; and not __jit_in_program" -l json -d 'print the result as JSON'
complete -c jit -n "__jit_at doctor; and not __jit_in_program" -l fix -d 'mend what can be mended from here, and install what removes credentials in time'
complete -c jit -n "__jit_at doctor; and not __jit_in_program" -l remove-layers -d 'take away what the service manager of this system starts for jit'
complete -c jit -n "__jit_at doctor; and not __jit_in_program" -s h -l help -d 'show this help'
complete -c jit -n "__jit_at ''" -a shell-init -d 'prompt segment'
complete -c jit -n "__jit_at shell-init; and not __jit_in_program" -s h -l help -d 'show this help'
complete -c jit -n '__jit_at shell-init -eq 0' -a 'bash zsh fish pwsh'
complete -c jit -n "__jit_at ''" -a completion -d 'completions for a shell'
complete -c jit -n "__jit_at completion; and not __jit_in_program" -s h -l help -d 'show this help'
complete -c jit -n '__jit_at completion -eq 0' -a 'bash zsh fish pwsh'
complete -c jit -n "__jit_at ''" -a sweep -d 'remove credentials whose time is up'
complete -c jit -n "__jit_at sweep; and not __jit_in_program" -l json -d 'print the result as JSON'
complete -c jit -n "__jit_at sweep; and not __jit_in_program" -s h -l help -d 'show this help'
complete -c jit -n "__jit_at ''" -a credential-process -d 'credentials of an active grant, for AWS SDKs'
complete -c jit -n "__jit_at credential-process; and not __jit_in_program" -s h -l help -d 'show this help'
complete -c jit -n '__jit_at credential-process -eq 0' -a '(__jit_complete_names grants)'
complete -c jit -n "__jit_at ''" -a kube-credential -d 'token of an active grant, for kubectl'
complete -c jit -n "__jit_at kube-credential; and not __jit_in_program" -s h -l help -d 'show this help'
complete -c jit -n '__jit_at kube-credential -eq 0' -a '(__jit_complete_names grants)'
complete -c jit -n "__jit_at ''" -a gcp-credential -d 'token of an active grant, for Google\'s SDKs'
complete -c jit -n "__jit_at gcp-credential; and not __jit_in_program" -s h -l help -d 'show this help'
complete -c jit -n '__jit_at gcp-credential -eq 0' -a '(__jit_complete_names grants)'
complete -c jit -n "__jit_at ''" -a help -d 'help for a command, `exit-codes` or `environment`'
complete -c jit -n "__jit_at help; and not __jit_in_program" -s h -l help -d 'show this help'
complete -c jit -n '__jit_at help -eq 0' -a 'login targets elevate status extend revoke exec env console whoami logout requests approve deny cancel kill doctor shell-init completion sweep credential-process kube-credential gcp-credential help exit-codes environment'
