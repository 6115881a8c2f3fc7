import { quoteFor } from '../../../base/shell-quote.ts'
import type { PromptPlaces } from '../types.ts'
import {
  ASK_AGAIN_SECONDS,
  MOST_LINES,
  MOST_NAMES,
  NAME_CHARACTERS,
  NARROW_COLUMNS,
  NOW_SECONDS,
  SET_BACK_SECONDS,
  SOON_SECONDS,
} from './limits.ts'

const quoted = (value: string): string => quoteFor('zsh', value)

/** Elements of `psvar` that hold the segment uncoloured, yellow and red; far from those that themes use. */
const [PLAIN, YELLOW, RED] = [41, 42, 43]

/**
 * `PROMPT` gets a constant that refers to elements of `psvar`: their values are never expanded, and no `PROMPT_SUBST` is needed.
 * `$(<file)` and `EPOCHSECONDS` start no process in zsh.
 */
export const zshInit = ({ hint, asked, sweep, env }: PromptPlaces): string => `\
# jit: prompt segment for zsh. In ~/.zshrc, last line: eval "$(jit shell-init zsh)"
typeset -g __jit_hint=${quoted(hint)}
typeset -g __jit_asked_file=${quoted(asked)}
typeset -g __jit_mark='%(${PLAIN}V.[%${PLAIN}v] .)%(${YELLOW}V.%F{yellow}[%${YELLOW}v]%f .)%(${RED}V.%B%F{red}[%${RED}v]%f%b .)'
typeset -g __jit_asked=0 __jit_now=0 __jit_level=0 JIT_PROMPT_SEGMENT='' JIT_PROMPT_LEVEL=''
zmodload -F zsh/datetime p:EPOCHSECONDS 2>/dev/null || :

# Leaves what there is to show in JIT_PROMPT_SEGMENT, and its urgency (0 to 3) in __jit_level.
__jit_look() {
  emulate -L zsh
  JIT_PROMPT_SEGMENT='' __jit_level=0
  if [[ ! -f $__jit_hint ]]; then return 0; fi
  __jit_now=\${EPOCHSECONDS:-\${(%):-%D{%s}}}
  local line at word name left piece text='' unsure=0 due=0
  local -i level shown=0 more=0 most=${MOST_NAMES} minutes
  local -a lines fields
  if [[ \${COLUMNS:-80} == <1-${NARROW_COLUMNS - 1}> ]]; then most=1; fi
  { text=$(<$__jit_hint) || : } 2>/dev/null
  lines=("\${(@f)text}")
  for line in "\${(@)lines[1,${MOST_LINES}]}"; do
    fields=("\${(@s: :)line[1,200]}")
    at=\${fields[1]-} word=\${fields[2]-} name=\${fields[3]-}
    name=\${name[1,64]}
    if [[ $at != [1-9]* || $at != <1-999999999999> ]]; then continue; fi
    case $word in
      (due)
        if [[ $name == [1-9]* && $name == <1-999999999999> ]] && (( name > __jit_now + ${SET_BACK_SECONDS} )); then unsure=1; fi
        if [[ $unsure == 1 ]]; then due=1; elif (( __jit_now >= at )); then due=$at; fi
        continue
        ;;
      (active) left=$(( at - __jit_now )) ;;
      (stuck) left=stuck ;;
      (*) continue ;;
    esac
    if [[ $left == stuck ]]; then
      level=3 piece='not wiped'
    elif [[ $unsure == 1 ]]; then
      level=2 piece='?'
    elif (( left <= 0 )); then
      continue
    elif (( left < ${NOW_SECONDS} )); then
      level=3 piece="ends in \${left}s"
    elif (( left < ${SOON_SECONDS} )); then
      level=2 piece="$(( left / 60 ))m left"
    elif (( left < 3600 )); then
      level=1 piece="$(( left / 60 ))m"
    else
      minutes=$(( left % 3600 / 60 ))
      level=1 piece="$(( left / 3600 ))h\${(l:2::0:)minutes}m"
    fi
    if (( level > __jit_level )); then __jit_level=$level; fi
    if (( shown >= most )); then
      more=$(( more + 1 ))
      continue
    fi
    shown=$(( shown + 1 ))
    name=\${name//[^${NAME_CHARACTERS}]/?}
    if (( $#name > 32 )); then name=\${name[1,30]}..; fi
    JIT_PROMPT_SEGMENT=\${JIT_PROMPT_SEGMENT:+$JIT_PROMPT_SEGMENT, }\${name:-?}' '$piece
  done
  if (( more > 0 )); then JIT_PROMPT_SEGMENT="$JIT_PROMPT_SEGMENT +$more"; fi
  if [[ $due != 0 ]]; then __jit_sweep $due; fi
  return 0
}

# Starts jit sweep and waits for nothing. Shells tell one another through a file when it was started last: what came due since
# then is asked for at once, the same again after a while.
__jit_sweep() {
  emulate -L zsh
  local last=''
  if (( $1 <= __jit_asked && __jit_asked <= __jit_now && __jit_now - __jit_asked < ${ASK_AGAIN_SECONDS} )); then return 0; fi
  __jit_asked=$__jit_now
  if [[ -f $__jit_asked_file ]]; then { last=$(<$__jit_asked_file) || : } 2>/dev/null; fi
  if [[ $last == [1-9]* && $last == <1-999999999999> ]] && (( $1 <= last && last <= __jit_now && __jit_now - last < ${ASK_AGAIN_SECONDS} )); then
    return 0
  fi
  (
    umask 077
    print -r -- $__jit_now >|$__jit_asked_file
    trap '' HUP
    cd -q /
    export ${Object.entries(env)
      .map(([name, value]) => `${name}=${quoted(value)}`)
      .join(' ')}
    ${sweep.map(quoted).join(' ')} &!
  ) </dev/null >/dev/null 2>&1 || return 0
}

__jit_precmd() {
  local expands=0
  if [[ -o prompt_percent ]]; then expands=1; fi
  emulate -L zsh
  __jit_look
  local plain='' yellow='' red=''
  case $__jit_level in
    (1) JIT_PROMPT_LEVEL=calm plain=$JIT_PROMPT_SEGMENT ;;
    (2) JIT_PROMPT_LEVEL=soon yellow=$JIT_PROMPT_SEGMENT ;;
    (3) JIT_PROMPT_LEVEL=now red=$JIT_PROMPT_SEGMENT ;;
    (*) JIT_PROMPT_LEVEL='' ;;
  esac
  if [[ -n \${NO_COLOR:-} || \${TERM:-dumb} == dumb ]]; then plain=$JIT_PROMPT_SEGMENT yellow='' red=''; fi
  psvar[${PLAIN}]=$plain psvar[${YELLOW}]=$yellow psvar[${RED}]=$red
  # powerlevel10k keeps PROMPT to itself: it takes a segment of your own.
  if [[ \${JIT_PROMPT:-} != off && $expands == 1 ]] && (( ! \${+functions[p10k]} )) && [[ \${PROMPT-} != *'%(${PLAIN}V.'* ]]; then
    PROMPT=$__jit_mark\${PROMPT-}
  fi
  return 0
}

# For prompts of your own: prints the segment without colours; -q only brings JIT_PROMPT_SEGMENT and JIT_PROMPT_LEVEL up to date.
jit_prompt_segment() {
  local JIT_PROMPT=off
  __jit_precmd
  if [[ \${1:-} != -q ]]; then print -rn -- $JIT_PROMPT_SEGMENT; fi
}

typeset -ga precmd_functions
if (( ! \${precmd_functions[(I)__jit_precmd]} )); then precmd_functions+=(__jit_precmd); fi
`
