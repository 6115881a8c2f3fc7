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

const quoted = (value: string): string => quoteFor('bash', value)

/**
 * For bash 3.2 (macOS) and later. Nothing that was read is evaluated, and numbers are checked before arithmetic sees them,
 * because bash runs what stands in `a[$(…)]`. `PS1` gets a reference to a variable: bash does not expand its value again.
 */
export const bashInit = ({ hint, asked, sweep, env }: PromptPlaces): string => `\
# jit: prompt segment for bash. In ~/.bashrc, last line: eval "$(jit shell-init bash)"
__jit_hint=${quoted(hint)}
__jit_asked_file=${quoted(asked)}
__jit_asked=0 __jit_now=0 __jit_level=0 __jit_segment=''
JIT_PROMPT_SEGMENT='' JIT_PROMPT_LEVEL=''

if [[ \${EPOCHSECONDS:-0} != 0 ]]; then
  __jit_clock() { __jit_now=\${EPOCHSECONDS:-0}; }
elif [[ \${BASH_VERSINFO[0]} -gt 4 || ( \${BASH_VERSINFO[0]} -eq 4 && \${BASH_VERSINFO[1]} -ge 2 ) ]]; then
  __jit_clock() { builtin printf -v __jit_now '%(%s)T' -1; }
else
  # No clock inside this bash, but SECONDS goes by the wall clock: date is asked once, and again when somebody sets SECONDS back.
  __jit_epoch=0 __jit_seconds=-1
  __jit_clock() {
    if [[ $__jit_seconds -lt 0 || $SECONDS -lt $__jit_seconds ]]; then __jit_epoch=$(($(command date +%s) - SECONDS)); fi
    __jit_seconds=$SECONDS
    __jit_now=$((__jit_epoch + SECONDS))
  }
fi

__jit_is_number() {
  case $1 in
    '' | 0* | *[!0123456789]* | ?????????????*) return 1 ;;
  esac
  return 0
}

# Leaves what there is to show in JIT_PROMPT_SEGMENT, and its urgency (0 to 3) in __jit_level.
__jit_look() {
  JIT_PROMPT_SEGMENT='' __jit_level=0
  if [[ ! -f $__jit_hint ]]; then return 0; fi
  __jit_clock
  local at word name rest left minutes piece level count=0 shown=0 more=0 unsure=0 due=0 most=${MOST_NAMES}
  if __jit_is_number "\${COLUMNS:-}" && [[ $COLUMNS -lt ${NARROW_COLUMNS} ]]; then most=1; fi
  while IFS=' ' builtin read -r at word name rest; do
    count=$((count + 1))
    if [[ $count -gt ${MOST_LINES} ]]; then break; fi
    if ! __jit_is_number "$at"; then continue; fi
    name=\${name:0:64}
    case $word in
      due)
        if __jit_is_number "$name" && [[ $name -gt $((__jit_now + ${SET_BACK_SECONDS})) ]]; then unsure=1; fi
        if [[ $unsure == 1 ]]; then due=1; elif [[ $__jit_now -ge $at ]]; then due=$at; fi
        continue
        ;;
      active) left=$((at - __jit_now)) ;;
      stuck) left=stuck ;;
      *) continue ;;
    esac
    if [[ $left == stuck ]]; then
      level=3 piece='not wiped'
    elif [[ $unsure == 1 ]]; then
      level=2 piece='?'
    elif [[ $left -le 0 ]]; then
      continue
    elif [[ $left -lt ${NOW_SECONDS} ]]; then
      level=3 piece="ends in \${left}s"
    elif [[ $left -lt ${SOON_SECONDS} ]]; then
      level=2 piece="$((left / 60))m left"
    elif [[ $left -lt 3600 ]]; then
      level=1 piece="$((left / 60))m"
    else
      minutes=$((left % 3600 / 60))
      if [[ $minutes -lt 10 ]]; then minutes=0$minutes; fi
      level=1 piece="$((left / 3600))h\${minutes}m"
    fi
    if [[ $level -gt $__jit_level ]]; then __jit_level=$level; fi
    if [[ $shown -ge $most ]]; then
      more=$((more + 1))
      continue
    fi
    shown=$((shown + 1))
    name=\${name//[!${NAME_CHARACTERS}]/?}
    if [[ \${#name} -gt 32 ]]; then name=\${name:0:30}..; fi
    JIT_PROMPT_SEGMENT=\${JIT_PROMPT_SEGMENT:+$JIT_PROMPT_SEGMENT, }\${name:-?}' '$piece
  done 2>/dev/null <"$__jit_hint"
  if [[ $more -gt 0 ]]; then JIT_PROMPT_SEGMENT="$JIT_PROMPT_SEGMENT +$more"; fi
  if [[ $due != 0 ]]; then __jit_sweep "$due"; fi
  return 0
}

# Starts jit sweep and waits for nothing. Shells tell one another through a file when it was started last: what came due since
# then is asked for at once, the same again after a while.
__jit_sweep() {
  local last=0
  if [[ $1 -le $__jit_asked && $__jit_asked -le $__jit_now && $((__jit_now - __jit_asked)) -lt ${ASK_AGAIN_SECONDS} ]]; then return 0; fi
  __jit_asked=$__jit_now
  if [[ -f $__jit_asked_file ]]; then builtin read -r last 2>/dev/null <"$__jit_asked_file" || last=0; fi
  if __jit_is_number "$last" && [[ $1 -le $last && $last -le $__jit_now && $((__jit_now - last)) -lt ${ASK_AGAIN_SECONDS} ]]; then return 0; fi
  (
    umask 077
    builtin printf '%s\\n' "$__jit_now" >|"$__jit_asked_file"
    trap '' HUP
    cd /
    export ${Object.entries(env)
      .map(([name, value]) => `${name}=${quoted(value)}`)
      .join(' ')}
    ${sweep.map(quoted).join(' ')} &
  ) </dev/null >/dev/null 2>&1 || return 0
}

__jit_prompt() {
  local status=$?
  __jit_look
  JIT_PROMPT_LEVEL=''
  case $__jit_level in
    1) JIT_PROMPT_LEVEL=calm ;;
    2) JIT_PROMPT_LEVEL=soon ;;
    3) JIT_PROMPT_LEVEL=now ;;
  esac
  if [[ -z $JIT_PROMPT_LEVEL ]]; then
    __jit_segment=''
  elif [[ $__jit_level == 1 || -n \${NO_COLOR:-} || \${TERM:-dumb} == dumb ]]; then
    __jit_segment="[$JIT_PROMPT_SEGMENT] "
  elif [[ $__jit_level == 2 ]]; then
    __jit_segment=$'\\001\\033[33m\\002['$JIT_PROMPT_SEGMENT$']\\001\\033[0m\\002 '
  else
    __jit_segment=$'\\001\\033[1;31m\\002['$JIT_PROMPT_SEGMENT$']\\001\\033[0m\\002 '
  fi
  if [[ \${JIT_PROMPT:-} != off ]] && shopt -q promptvars && [[ \${PS1-} != *__jit_segment* ]]; then
    PS1='\${__jit_segment-}'\${PS1-}
  fi
  if [[ $- == *e* ]]; then return 0; fi
  return "$status"
}

# For prompts of your own: prints the segment without colours; -q only brings JIT_PROMPT_SEGMENT and JIT_PROMPT_LEVEL up to date.
jit_prompt_segment() {
  local JIT_PROMPT=off
  __jit_prompt || :
  if [[ \${1:-} != -q ]]; then builtin printf '%s' "$JIT_PROMPT_SEGMENT"; fi
}

case "\${PROMPT_COMMAND[*]-}" in
  *__jit_prompt*) ;;
  '') PROMPT_COMMAND=__jit_prompt ;;
  *)
    if [[ \${#PROMPT_COMMAND[@]} -gt 1 ]]; then
      PROMPT_COMMAND+=(__jit_prompt)
    else
      PROMPT_COMMAND=$PROMPT_COMMAND$'\\n'__jit_prompt
    fi
    ;;
esac
`
