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

const quoted = (value: string): string => quoteFor('fish', value)

/**
 * Lists are counted and joined by hand, because each `( )` costs fish a tenth of a millisecond.
 * fish has no variable for the time. `path mtime` (3.5 and later) tells a file's time and, with `--relative`, how long ago that
 * was; their sum is now. The user's prompt runs first in ours, so that it sees `$status` and `$pipestatus` as they were.
 */
export const fishInit = ({ hint, asked, sweep, env }: PromptPlaces): string => `\
# jit: prompt segment for fish. In ~/.config/fish/config.fish: jit shell-init fish | source
set -g __jit_hint ${quoted(hint)}
set -g __jit_asked_file ${quoted(asked)}
set -g __jit_asked 0
set -g __jit_now 0
set -g __jit_level 0
set -g __jit_segment ''
set -g JIT_PROMPT_SEGMENT ''
set -g JIT_PROMPT_LEVEL ''

if builtin -q path
    function __jit_clock
        set -l at (path mtime /)
        set -l ago (path mtime --relative /)
        set -g __jit_now (math "$at + $ago")
    end
else
    function __jit_clock
        set -g __jit_now (command date +%s) # fish before 3.5 starts this for each prompt while a grant lives
    end
end

# Leaves what there is to show in JIT_PROMPT_SEGMENT, and its urgency (0 to 3) in __jit_level.
function __jit_look
    set -g JIT_PROMPT_SEGMENT ''
    set -g __jit_level 0
    test -f "$__jit_hint"; or return 0
    __jit_clock
    set -l number '^[1-9][0-9]{0,11}$'
    set -l text ''
    set -l shown
    set -l more
    set -l read_lines
    set -l most ${MOST_NAMES}
    set -l unsure 0
    set -l due 0
    test -n "$COLUMNS" -a "$COLUMNS" -lt ${NARROW_COLUMNS} 2>/dev/null; and set most 1
    begin
        while read --local --delimiter=' ' at word name rest
            set --append read_lines x
            set -q read_lines[${MOST_LINES + 1}]; and break
            string match -qr $number -- "$at"; or continue
            set -l piece
            set -l level 1
            switch "$word"
                case due
                    if string match -qr $number -- "$name"; and test $name -gt $__jit_now
                        test $name -gt (math $__jit_now + ${SET_BACK_SECONDS}); and set unsure 1
                    end
                    if test $unsure -eq 1
                        set due 1
                    else if test $__jit_now -ge $at
                        set due $at
                    end
                    continue
                case stuck
                    set level 3
                    set piece 'not wiped'
                case active
                    set -l left (math $at - $__jit_now)
                    if test $unsure -eq 1
                        set level 2
                        set piece '?'
                    else if test $left -le 0
                        continue
                    else if test $left -lt ${NOW_SECONDS}
                        set level 3
                        set piece "ends in "$left"s"
                    else if test $left -lt ${SOON_SECONDS}
                        set level 2
                        set piece (math --scale=0 $left / 60)"m left"
                    else if test $left -lt 3600
                        set piece (math --scale=0 $left / 60)m
                    else
                        set piece (math --scale=0 $left / 3600)h(string sub --start=-2 0(math --scale=0 $left % 3600 / 60))m
                    end
                case '*'
                    continue
            end
            test $level -gt $__jit_level; and set -g __jit_level $level
            if set -q shown[$most]
                set --append more x
                continue
            end
            if not string match -qr '^[A-Za-z0-9._-]{1,32}$' -- "$name"
                set name (string replace --all --regex '[^A-Za-z0-9._-]' '?' -- (string sub --length=64 -- "$name"))
                test (string length -- "$name") -gt 32; and set name (string sub --length=30 -- $name)..
                test -n "$name"; or set name '?'
            end
            set -q shown[1]; and set text "$text, "
            set text "$text$name $piece"
            set --append shown x
        end <$__jit_hint
    end 2>/dev/null
    set -q more[1]; and set text "$text +"(count $more)
    set -g JIT_PROMPT_SEGMENT $text
    test $due -ne 0; and __jit_sweep $due
    return 0
end

# Starts jit sweep and waits for nothing. Shells tell one another through a file when it was started last: what came due since
# then is asked for at once, the same again after a while.
function __jit_sweep
    set -l since (math $__jit_now - $__jit_asked)
    test $argv[1] -le $__jit_asked -a $since -ge 0 -a $since -lt ${ASK_AGAIN_SECONDS}; and return 0
    set -g __jit_asked $__jit_now
    set -l last 0
    test -f "$__jit_asked_file"; and read last <$__jit_asked_file 2>/dev/null
    if string match -qr '^[1-9][0-9]{0,11}$' -- "$last"
        set since (math $__jit_now - $last)
        test $argv[1] -le $last -a $since -ge 0 -a $since -lt ${ASK_AGAIN_SECONDS}; and return 0
    end
    begin
        echo $__jit_now >$__jit_asked_file
${Object.entries(env)
  .map(([name, value]) => `        set -lx ${name} ${quoted(value)}`)
  .join('\n')}
        command ${sweep.map(quoted).join(' ')} </dev/null >/dev/null &
        disown
    end 2>/dev/null
    return 0
end

function __jit_on_prompt --on-event fish_prompt
    __jit_look
    set -g __jit_segment ''
    set -g JIT_PROMPT_LEVEL ''
    test $__jit_level -gt 0; or return 0
    set -l levels calm soon now
    set -g JIT_PROMPT_LEVEL $levels[$__jit_level]
    set -g __jit_segment "[$JIT_PROMPT_SEGMENT] "
    if test -n "$NO_COLOR"; or test "$TERM" = dumb
        return 0
    end
    switch $__jit_level
        case 2
            set -g __jit_segment (set_color yellow)"[$JIT_PROMPT_SEGMENT]"(set_color normal)' '
        case 3
            set -g __jit_segment (set_color --bold red)"[$JIT_PROMPT_SEGMENT]"(set_color normal)' '
    end
end

# For prompts of your own: prints the segment without colours; -q only brings JIT_PROMPT_SEGMENT and JIT_PROMPT_LEVEL up to date.
function jit_prompt_segment
    __jit_on_prompt
    test "$argv[1]" = -q; or echo -n $JIT_PROMPT_SEGMENT
end

if not functions -q __jit_user_prompt; and functions -q fish_prompt
    functions --copy fish_prompt __jit_user_prompt
    function fish_prompt
        set -l text (__jit_user_prompt | string collect --no-trim-newlines)
        test "$JIT_PROMPT" = off; or printf %s "$__jit_segment"
        printf %s $text
    end
end
`
