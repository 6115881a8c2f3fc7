import { JitError } from '../../base/errors.ts'

const ENTITY: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
}

/** Text between tags or quotes. XML 1.0 has no way to write control characters; a path that holds one is refused. */
export function xml(text: string): string {
  if (/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u.test(text))
    throw new JitError(
      'FILE_REFUSED',
      'A path of jit holds a control character.',
      'Install it where the path is a simple one.',
    )
  return text
    .replaceAll(/[&<>"']/g, (each) => ENTITY[each] ?? each)
    .replaceAll(/[\t\n\r]/g, (each) => `&#${each.charCodeAt(0)};`)
}
