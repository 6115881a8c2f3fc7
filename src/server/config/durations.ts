import { parseDuration, readDuration } from '../../base/duration.ts'
import { field } from './field.ts'

/** A duration of the file, in seconds, within bounds that are written the same way. */
export function duration(shortest: string, longest: string) {
  const [least, most] = [parseDuration(shortest), parseDuration(longest)]
  return field(`a duration such as 90m, 1h30m or PT1H30M, from ${shortest} to ${longest}`, (value) => {
    const seconds = typeof value === 'string' ? readDuration(value) : undefined
    return seconds !== undefined && seconds >= least && seconds <= most ? seconds : undefined
  })
}
