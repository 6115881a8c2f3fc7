import { JitError } from '../../base/errors.ts'

/** What the endpoint sent for `name` could write more than a value into `files`, which other programs parse. */
export const unsafeValue = (name: string, files: string): JitError =>
  new JitError(
    'ENDPOINT_INVALID',
    `The endpoint's answer holds a value for ${name} that is not safe to write into ${files}.`,
    'Nothing was written. Show this to whoever runs the endpoint.',
  )
