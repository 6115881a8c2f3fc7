import { quoteFor } from '../../../base/shell-quote.ts'
import type { CompletedOption, CompletionModel, Source } from './model.ts'

/**
 * For bash 3.2 and later. No `compgen -W`, which expands what it is given: `$(…)` in a name would run. Names that were read are
 * compared and added as they stand, and only such as a target may have.
 */
export const bashCompletion = ({ options, commands }: CompletionModel): string => `\
# jit: completion for bash. Made by: jit completion bash
__jit_complete_words() {
  local IFS=$' \\t\\n' word
  for word in $1; do
    if [[ $word == "$__jit_typed"* ]]; then COMPREPLY+=("$word"); fi
  done
}

# Names that jit has written down. Whatever else lies in these files is not offered.
__jit_complete_names() {
  local state file line at word name
  case \${OSTYPE-} in
    darwin*) state=\${HOME-}'/Library/Application Support/jit/state' ;;
    *)
      state=\${HOME-}/.local/state/jit
      if [[ \${XDG_STATE_HOME-} == /* ]]; then state=$XDG_STATE_HOME/jit; fi
      ;;
  esac
  if [[ -n \${JIT_STATE_DIR-} ]]; then state=$JIT_STATE_DIR; fi
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
        name=\${file##*/} name=\${name%.json}
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
  local __jit_typed=\${COMP_WORDS[COMP_CWORD]-} command='' option='' word index=1 place=0
  COMPREPLY=()
  while [[ $index -lt $COMP_CWORD ]]; do
    word=\${COMP_WORDS[index]}
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
${commands
  .flatMap(({ name, options: own }) =>
    own.filter(({ value }) => value).map(({ flags }) => flags.map((flag) => `${name}:${flag}`)),
  )
  .map((patterns) => `      ${patterns.join(' | ')}) option=$word ;;`)
  .join('\n')}
      *:-*) ;;
${commands.map(({ name, aliases }) => `      ${[name, ...aliases].map((each) => `:${each}`).join(' | ')}) command=${name} ;;`).join('\n')}
      :*) return 0 ;;
      *) place=$((place + 1)) ;;
    esac
  done
  if [[ $__jit_typed == '=' ]]; then __jit_typed=''; fi
  if [[ -n $option ]]; then
    case $command:$option in
${commands
  .flatMap(({ name, options: own }) => own.flatMap((option) => valueCase(name, option)))
  .map((line) => `      ${line}`)
  .join('\n')}
    esac
    return 0
  fi
  case $command in
    '')
      __jit_complete_words ${words(commands.map(({ name }) => name))}
      if [[ $__jit_typed == -* ]]; then __jit_complete_words ${words(flagsOf(options))}; fi
      ;;
${commands
  .map(
    ({ name, options: own, places, variadic }) => `\
    ${name})
      if [[ $__jit_typed == -* ]]; then
        __jit_complete_words ${words(flagsOf(own))}
        return 0
      fi
${placesText(places, variadic)}      ;;`,
  )
  .join('\n')}
  esac
}

complete -F __jit_complete jit
`

const words = (all: readonly string[]): string => quoteFor('bash', all.join(' '))
const flagsOf = (options: readonly CompletedOption[]): readonly string[] => options.flatMap(({ flags }) => flags)

function valueCase(command: string, { flags, value }: CompletedOption): readonly string[] {
  const offered = value === undefined ? undefined : offer(value)
  if (offered === undefined) return []
  return [`${flags.map((flag) => `${command}:${flag}`).join(' | ')}) ${offered} ;;`]
}

function placesText(places: readonly Source[], variadic: boolean): string {
  return places
    .flatMap((source, index) => {
      const offered = offer(source)
      const test = variadic && index === places.length - 1 ? '-ge' : '-eq'
      return offered === undefined ? [] : [`      if [[ $place ${test} ${index} ]]; then ${offered}; fi\n`]
    })
    .join('')
}

function offer(source: Source): string | undefined {
  if (source.kind === 'words') return `__jit_complete_words ${words(source.words)}`
  return source.kind === 'free' || source.kind === 'program' ? undefined : `__jit_complete_names ${source.kind}`
}
