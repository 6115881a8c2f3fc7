# jit: completion for bash. Made by: jit completion bash
__jit_complete_words() {
  local IFS=$' \t\n' word
  for word in $1; do
    if [[ $word == "$__jit_typed"* ]]; then COMPREPLY+=("$word"); fi
  done
}

# Names that jit has written down. Whatever else lies in these files is not offered.
__jit_complete_names() {
  local state file line at word name
  case ${OSTYPE-} in
    darwin*) state=${HOME-}'/Library/Application Support/jit/state' ;;
    *)
      state=${HOME-}/.local/state/jit
      if [[ ${XDG_STATE_HOME-} == /* ]]; then state=$XDG_STATE_HOME/jit; fi
      ;;
  esac
  if [[ -n ${JIT_STATE_DIR-} ]]; then state=$JIT_STATE_DIR; fi
  case $1 in
    targets)
      if [[ ! -f $state/targets ]]; then return 0; fi
      while IFS= builtin read -r name; do __jit_complete_name "$name"; done <"$state/targets"
      ;;
    grants)
      for file in "$state"/*/prompt; do
        if [[ ! -f $file ]]; then continue; fi
        while IFS=' ' builtin read -r at word name; do
          if [[ $word == active || $word == stuck ]]; then __jit_complete_name "$name"; fi
        done <"$file"
      done
      ;;
    requests)
      for file in "$state"/requests/r_*.json; do
        name=${file##*/} name=${name%.json}
        if [[ -f $file ]]; then __jit_complete_name "$name"; fi
      done
      ;;
  esac
}

__jit_complete_name() {
  case $1 in
    [!abcdefghijklmnopqrstuvwxyz]* | *[!abcdefghijklmnopqrstuvwxyz0123456789_-]*) return 0 ;;
  esac
  if [[ -n $1 && $1 == "$__jit_typed"* ]]; then COMPREPLY+=("$1"); fi
}

__jit_complete() {
  local __jit_typed=${COMP_WORDS[COMP_CWORD]-} command='' option='' word index=1 place=0
  COMPREPLY=()
  while [[ $index -lt $COMP_CWORD ]]; do
    word=${COMP_WORDS[index]}
    index=$((index + 1))
    if [[ -n $option ]]; then
      if [[ $word != '=' ]]; then option=''; fi
      continue
    fi
    case $command:$word in
      exec:--)
        if declare -F _command_offset >/dev/null; then
          _command_offset "$index"
        else
          compopt -o bashdefault -o default 2>/dev/null || :
        fi
        return 0
        ;;
      login:--key-store) option=$word ;;
      elevate:--for) option=$word ;;
      elevate:--reason) option=$word ;;
      elevate:--justification) option=$word ;;
      elevate:--ticket) option=$word ;;
      elevate:--at) option=$word ;;
      elevate:--deliver) option=$word ;;
      elevate:--wait-timeout) option=$word ;;
      elevate:--request) option=$word ;;
      extend:--for) option=$word ;;
      extend:--reason) option=$word ;;
      extend:--justification) option=$word ;;
      extend:--ticket) option=$word ;;
      extend:--wait-timeout) option=$word ;;
      exec:--for) option=$word ;;
      exec:--reason) option=$word ;;
      exec:--justification) option=$word ;;
      exec:--ticket) option=$word ;;
      exec:--wait-timeout) option=$word ;;
      env:--shell) option=$word ;;
      deny:--reason) option=$word ;;
      kill:--user) option=$word ;;
      kill:--pipeline) option=$word ;;
      kill:--target) option=$word ;;
      kill:--grant) option=$word ;;
      kill:--reason) option=$word ;;
      kill:--lift) option=$word ;;
      *:-*) ;;
      :login) command=login ;;
      :targets | :ls) command=targets ;;
      :elevate) command=elevate ;;
      :status) command=status ;;
      :extend) command=extend ;;
      :revoke) command=revoke ;;
      :exec) command=exec ;;
      :env) command=env ;;
      :console) command=console ;;
      :whoami) command=whoami ;;
      :logout) command=logout ;;
      :requests) command=requests ;;
      :approve) command=approve ;;
      :deny) command=deny ;;
      :cancel) command=cancel ;;
      :kill) command=kill ;;
      :doctor) command=doctor ;;
      :shell-init) command=shell-init ;;
      :completion) command=completion ;;
      :sweep) command=sweep ;;
      :credential-process) command=credential-process ;;
      :kube-credential) command=kube-credential ;;
      :gcp-credential) command=gcp-credential ;;
      :help) command=help ;;
      :*) return 0 ;;
      *) place=$((place + 1)) ;;
    esac
  done
  if [[ $__jit_typed == '=' ]]; then __jit_typed=''; fi
  if [[ -n $option ]]; then
    case $command:$option in
      login:--key-store) __jit_complete_words 'auto keyutils passphrase-file memory' ;;
      elevate:--deliver) __jit_complete_words 'files process isolated' ;;
      elevate:--request) __jit_complete_names requests ;;
      env:--shell) __jit_complete_words 'bash zsh fish pwsh json dotenv' ;;
    esac
    return 0
  fi
  case $command in
    '')
      __jit_complete_words 'login targets elevate status extend revoke exec env console whoami logout requests approve deny cancel kill doctor shell-init completion sweep credential-process kube-credential gcp-credential help'
      if [[ $__jit_typed == -* ]]; then __jit_complete_words '-V --version --non-interactive --workload -h --help'; fi
      ;;
    login)
      if [[ $__jit_typed == -* ]]; then
        __jit_complete_words '--device --browser --key-store --json -h --help'
        return 0
      fi
      ;;
    targets)
      if [[ $__jit_typed == -* ]]; then
        __jit_complete_words '--json -h --help'
        return 0
      fi
      ;;
    elevate)
      if [[ $__jit_typed == -* ]]; then
        __jit_complete_words '--for --reason --justification --ticket --at --deliver --as-default --no-wait --wait-timeout --request --explain --json -h --help'
        return 0
      fi
      if [[ $place -ge 0 ]]; then __jit_complete_names targets; fi
      ;;
    status)
      if [[ $__jit_typed == -* ]]; then
        __jit_complete_words '--watch --json -h --help'
        return 0
      fi
      ;;
    extend)
      if [[ $__jit_typed == -* ]]; then
        __jit_complete_words '--for --reason --justification --ticket --no-wait --wait-timeout --json -h --help'
        return 0
      fi
      if [[ $place -eq 0 ]]; then __jit_complete_names grants; fi
      ;;
    revoke)
      if [[ $__jit_typed == -* ]]; then
        __jit_complete_words '--all --json -h --help'
        return 0
      fi
      if [[ $place -eq 0 ]]; then __jit_complete_names grants; fi
      ;;
    exec)
      if [[ $__jit_typed == -* ]]; then
        __jit_complete_words '--for --reason --justification --ticket --wait-timeout -h --help'
        return 0
      fi
      if [[ $place -eq 0 ]]; then __jit_complete_names targets; fi
      ;;
    env)
      if [[ $__jit_typed == -* ]]; then
        __jit_complete_words '--shell --values --json -h --help'
        return 0
      fi
      if [[ $place -eq 0 ]]; then __jit_complete_names grants; fi
      ;;
    console)
      if [[ $__jit_typed == -* ]]; then
        __jit_complete_words '--print --json -h --help'
        return 0
      fi
      if [[ $place -eq 0 ]]; then __jit_complete_names grants; fi
      ;;
    whoami)
      if [[ $__jit_typed == -* ]]; then
        __jit_complete_words '--json -h --help'
        return 0
      fi
      ;;
    logout)
      if [[ $__jit_typed == -* ]]; then
        __jit_complete_words '--json -h --help'
        return 0
      fi
      ;;
    requests)
      if [[ $__jit_typed == -* ]]; then
        __jit_complete_words '--to-review --json -h --help'
        return 0
      fi
      if [[ $place -eq 0 ]]; then __jit_complete_names requests; fi
      ;;
    approve)
      if [[ $__jit_typed == -* ]]; then
        __jit_complete_words '--json -h --help'
        return 0
      fi
      ;;
    deny)
      if [[ $__jit_typed == -* ]]; then
        __jit_complete_words '--reason --json -h --help'
        return 0
      fi
      ;;
    cancel)
      if [[ $__jit_typed == -* ]]; then
        __jit_complete_words '--json -h --help'
        return 0
      fi
      if [[ $place -eq 0 ]]; then __jit_complete_names requests; fi
      ;;
    kill)
      if [[ $__jit_typed == -* ]]; then
        __jit_complete_words '--user --pipeline --target --grant --all --reason --list --lift --yes --json -h --help'
        return 0
      fi
      ;;
    doctor)
      if [[ $__jit_typed == -* ]]; then
        __jit_complete_words '--json --fix --remove-layers -h --help'
        return 0
      fi
      ;;
    shell-init)
      if [[ $__jit_typed == -* ]]; then
        __jit_complete_words '-h --help'
        return 0
      fi
      if [[ $place -eq 0 ]]; then __jit_complete_words 'bash zsh fish pwsh'; fi
      ;;
    completion)
      if [[ $__jit_typed == -* ]]; then
        __jit_complete_words '-h --help'
        return 0
      fi
      if [[ $place -eq 0 ]]; then __jit_complete_words 'bash zsh fish pwsh'; fi
      ;;
    sweep)
      if [[ $__jit_typed == -* ]]; then
        __jit_complete_words '--json -h --help'
        return 0
      fi
      ;;
    credential-process)
      if [[ $__jit_typed == -* ]]; then
        __jit_complete_words '-h --help'
        return 0
      fi
      if [[ $place -eq 0 ]]; then __jit_complete_names grants; fi
      ;;
    kube-credential)
      if [[ $__jit_typed == -* ]]; then
        __jit_complete_words '-h --help'
        return 0
      fi
      if [[ $place -eq 0 ]]; then __jit_complete_names grants; fi
      ;;
    gcp-credential)
      if [[ $__jit_typed == -* ]]; then
        __jit_complete_words '-h --help'
        return 0
      fi
      if [[ $place -eq 0 ]]; then __jit_complete_names grants; fi
      ;;
    help)
      if [[ $__jit_typed == -* ]]; then
        __jit_complete_words '-h --help'
        return 0
      fi
      if [[ $place -eq 0 ]]; then __jit_complete_words 'login targets elevate status extend revoke exec env console whoami logout requests approve deny cancel kill doctor shell-init completion sweep credential-process kube-credential gcp-credential help exit-codes environment'; fi
      ;;
  esac
}

complete -F __jit_complete jit
