import type { Config } from './config/types.ts'
import type { Reads, StopRow } from './store/types.ts'

/** Stops in force by a name that the configuration does not have: a pipeline or target that was renamed is no longer stopped. */
export async function unknownStops(
  { stopsInForce }: Pick<Reads, 'stopsInForce'>,
  { targets, workloads }: Pick<Config, 'targets' | 'workloads'>,
): Promise<readonly StopRow[]> {
  const known = { target: targets, pipeline: workloads?.pipelines ?? [] }
  return (await stopsInForce()).filter(
    ({ scope, value }) =>
      (scope === 'target' || scope === 'pipeline') && !known[scope].some(({ name }) => name === value),
  )
}

/** For whoever checks the configuration. */
export const unknownStopMessage = ({ id, scope, value }: StopRow): string =>
  `stop ${id} is on ${scope} ${value}, which is not configured: if it was renamed, it is no longer stopped. ` +
  `Stop it by its new name, or lift the stop: jit kill --lift ${id}`
