import { JitError } from '../../base/errors.ts'
import type { CloudSink, Delivery, Intent } from './clouds/types.ts'
import type { EntryIntent } from './types.ts'

/** `note`: why it is not as asked. */
export type Chosen = { readonly sink: CloudSink; readonly note?: string }

/** How a lease remembers who wrote it. */
export const nameOf = ({ cloud, mode }: CloudSink): string => `${cloud}-${mode}`

/** The sink for the mode that was asked for, or `isolated` where that cannot serve here. */
export async function chooseSink(
  sinks: readonly CloudSink[],
  asked: EntryIntent,
  intent: Intent | Delivery,
): Promise<Chosen> {
  const { cloud, deliver } = asked
  const sink = sinks.find((each) => each.cloud === cloud && each.mode === deliver)
  const note = await sink?.obstacle?.(intent)
  if (sink !== undefined && note === undefined) return { sink }
  const isolated = sinks.find((each) => each.cloud === cloud && each.mode === 'isolated')
  if (note !== undefined && isolated !== undefined && isolated !== sink) return { sink: isolated, note }
  if (note !== undefined)
    throw new JitError('FILE_REFUSED', note, 'Mend that, or choose another way: --deliver process')
  throw noSink(sinks, asked)
}

function noSink(sinks: readonly CloudSink[], { cloud, deliver, target }: EntryIntent): JitError {
  const modes = sinks.filter((each) => each.cloud === cloud).map(({ mode }) => mode)
  if (modes.length === 0)
    return new JitError('USAGE', `${target} opens ${cloud}, which this version of jit cannot deliver.`, 'Update jit.')
  return new JitError(
    'USAGE',
    `This version of jit cannot deliver ${cloud} as ${deliver}, only as ${modes.join(', ')}.`,
    modes.includes('files')
      ? 'Leave out --deliver, or update jit.'
      : 'Choose one of them with --deliver, or update jit.',
  )
}
