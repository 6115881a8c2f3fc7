import { formatDuration } from '../../base/duration.ts'
import { note, ok } from './finding.ts'
import type { Check } from './types.ts'

export type NoticeCheckDeps = {
  /** `undefined`: off. Throws `CONFIG`. */
  readonly beforeMs: () => number | undefined
  /** Program that shows notices on this system. */
  readonly notifier: string
  readonly isOnPath: (program: string) => boolean
  /** Whether a desktop can be reached from here. */
  readonly hasDesktop: boolean
}

export const noticeCheck = ({ beforeMs, notifier, isOnPath, hasDesktop }: NoticeCheckDeps): Check => ({
  name: 'notice',
  look: async () => {
    const before = beforeMs()
    if (before === undefined) return [ok('Off. To be told on the desktop before a grant ends: JIT_NOTICE=10m')]
    const when = `${formatDuration(before / 1000)} before the end of a grant`
    if (!isOnPath(notifier))
      return [
        note(
          `A notice is wanted ${when}, but ${notifier} is not on PATH.`,
          notifier === 'notify-send'
            ? 'Install it (libnotify-bin, libnotify), or: unset JIT_NOTICE'
            : 'unset JIT_NOTICE',
        ),
      ]
    if (!hasDesktop) return [note(`A notice is wanted ${when}, but there is no desktop to show it on.`)]
    return [ok(`${notifier} says it ${when}.`)]
  },
})
