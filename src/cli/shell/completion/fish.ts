import { quoteFor } from '../../../base/shell-quote.ts'
import { type CompletedCommand, type CompletedOption, type CompletionModel, short, type Source } from './model.ts'

const quoted = (text: string): string => quoteFor('fish', text)

/** What a function prints becomes candidates, a line each; fish evaluates none of it, and quotes what it inserts. */
export const fishCompletion = ({ options, commands }: CompletionModel): string => `\
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
                string replace -rf '.*/(r_[a-z0-9]+)\\.json$' '$1' -- $file
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
${commands
  .flatMap(({ name, options: own }) =>
    own.filter(({ value }) => value).map(({ flags }) => flags.map((flag) => `${name}:${flag}`).join(' ')),
  )
  .map((patterns) => `            case ${patterns}\n                set option $word`)
  .join('\n')}
            case '*:-*'
                continue
${commands.map(({ name, aliases }) => `            case ${[name, ...aliases].map((each) => `:${each}`).join(' ')}\n                set command ${name}`).join('\n')}
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
${options.map((option) => optionLine("__jit_at ''", option)).join('\n')}
${commands.map(commandLines).join('\n')}
`

function commandLines(command: CompletedCommand): string {
  const { name, summary, options, places, variadic } = command
  return [
    `complete -c jit -n "__jit_at ''" -a ${name} -d ${quoted(short(summary))}`,
    ...options.map((option) => optionLine(`__jit_at ${name}; and not __jit_in_program`, option)),
    ...places.flatMap((source, index) => {
      const offered = offer(source)
      const test = variadic && index === places.length - 1 ? '-ge' : '-eq'
      return offered === undefined ? [] : [`complete -c jit -n '__jit_at ${name} ${test} ${index}' -a ${offered}`]
    }),
  ].join('\n')
}

function optionLine(condition: string, { flags, summary, value }: CompletedOption): string {
  const names = flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`)).join(' ')
  const offered = value === undefined ? undefined : offer(value)
  const takes = value === undefined ? '' : ` -x${offered === undefined ? '' : ` -a ${offered}`}`
  return `complete -c jit -n "${condition}" ${names}${takes} -d ${quoted(short(summary))}`
}

function offer(source: Source): string | undefined {
  if (source.kind === 'words') return quoted(source.words.join(' '))
  return source.kind === 'free' || source.kind === 'program' ? undefined : `'(__jit_complete_names ${source.kind})'`
}
