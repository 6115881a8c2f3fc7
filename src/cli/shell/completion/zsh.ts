import { quoteFor } from '../../../base/shell-quote.ts'
import { type CompletedOption, type CompletionModel, short, type Source } from './model.ts'

/** `_describe` splits at the first colon and evaluates nothing; names that were read go through `compadd`, which quotes them. */
export const zshCompletion = ({ options, commands }: CompletionModel): string => `\
#compdef jit
# jit: completion for zsh. Made by: jit completion zsh

# Names that jit has written down. Whatever else lies in these files is not offered.
__jit_complete_names() {
  emulate -L zsh
  local state file line
  local -a names fields
  case \${OSTYPE-} in
    (darwin*) state=\${HOME-}'/Library/Application Support/jit/state' ;;
    (*)
      state=\${HOME-}/.local/state/jit
      if [[ \${XDG_STATE_HOME-} == /* ]]; then state=$XDG_STATE_HOME/jit; fi
      ;;
  esac
  if [[ -n \${JIT_STATE_DIR-} ]]; then state=$JIT_STATE_DIR; fi
  case $1 in
    (targets) if [[ -f $state/targets ]]; then names=("\${(@f)$(<$state/targets)}"); fi ;;
    (grants)
      for file in $state/*/prompt(N.); do
        for line in "\${(@f)$(<$file)}"; do
          fields=("\${(@s: :)line}")
          if [[ \${fields[2]-} == (active|stuck) ]]; then names+=("\${fields[3]-}"); fi
        done
      done
      ;;
    (requests) names=($state/requests/r_*.json(N.:t:r)) ;;
  esac
  names=("\${(@M)names:#[abcdefghijklmnopqrstuvwxyz]*}")
  names=("\${(@)names:#*[^abcdefghijklmnopqrstuvwxyz0123456789_-]*}")
  if (( $#names )); then reply=("\${(@u)names}"); else reply=(); fi
}

_jit() {
  local command='' option='' word
  local -i index=2 place=0
  local -a offered reply
  while (( index < CURRENT )); do
    word=$words[index]
    index=$(( index + 1 ))
    if [[ -n $option ]]; then
      option=''
      continue
    fi
    case $command:$word in
      (exec:--)
        words=("\${(@)words[index,-1]}")
        CURRENT=$(( CURRENT - index + 1 ))
        _normal
        return
        ;;
${commands
  .flatMap(({ name, options: own }) =>
    own.filter(({ value }) => value).map(({ flags }) => flags.map((flag) => `${name}:${flag}`)),
  )
  .map((patterns) => `      (${patterns.join('|')}) option=$word ;;`)
  .join('\n')}
      (*:-*) ;;
${commands.map(({ name, aliases }) => `      (${[name, ...aliases].map((each) => `:${each}`).join('|')}) command=${name} ;;`).join('\n')}
      (:*) return 1 ;;
      (*) place=$(( place + 1 )) ;;
    esac
  done
  if [[ -z $option && $PREFIX == --*=* ]]; then
    option=\${PREFIX%%=*}
    compset -P 1 '*='
  fi
  if [[ -n $option ]]; then
    case $command:$option in
${commands
  .flatMap(({ name, options: own }) => own.flatMap((option) => valueCase(name, option)))
  .map((line) => `      ${line}`)
  .join('\n')}
    esac
    return 1
  fi
  case $command in
    ('')
      offered=(${described(commands.map(({ name, summary }) => [name, summary]))})
      if [[ $PREFIX == -* ]]; then offered=(${described(flags(options))}); fi
      _describe -t commands command offered
      ;;
${commands
  .map(
    ({ name, options: own, places, variadic }) => `\
    (${name})
      if [[ $PREFIX == -* ]]; then
        offered=(${described(flags(own))})
        _describe -t options option offered
        return
      fi
${placesText(places, variadic)}      ;;`,
  )
  .join('\n')}
  esac
}

if [[ \${funcstack[1]-} == _jit ]]; then
  _jit "$@"
elif (( \${+functions[compdef]} )); then
  compdef _jit jit
fi
`

const described = (all: readonly (readonly [string, string])[]): string =>
  all.map(([name, summary]) => quoteFor('zsh', `${name}:${short(summary)}`)).join(' ')

const flags = (options: readonly CompletedOption[]): readonly (readonly [string, string])[] =>
  options.flatMap((option) => option.flags.map((flag) => [flag, option.summary] as const))

function valueCase(command: string, { flags, value }: CompletedOption): readonly string[] {
  const offered = value === undefined ? undefined : offer(value)
  if (offered === undefined) return []
  return [`(${flags.map((flag) => `${command}:${flag}`).join('|')}) ${offered}; return ;;`]
}

function placesText(places: readonly Source[], variadic: boolean): string {
  return places
    .flatMap((source, index) => {
      const offered = offer(source)
      const test = variadic && index === places.length - 1 ? '>=' : '=='
      return offered === undefined ? [] : [`      if (( place ${test} ${index} )); then ${offered}; fi\n`]
    })
    .join('')
}

function offer(source: Source): string | undefined {
  if (source.kind === 'words') return `compadd -- ${source.words.map((word) => quoteFor('zsh', word)).join(' ')}`
  if (source.kind === 'free' || source.kind === 'program') return undefined
  return `__jit_complete_names ${source.kind}; compadd -a -- reply`
}
