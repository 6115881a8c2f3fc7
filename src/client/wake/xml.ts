const ENTITY: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
}

/** Text between tags or quotes. XML 1.0 has no way to write control characters; a path that holds one is no path of ours. */
export function xml(text: string): string {
  if (/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u.test(text))
    throw new RangeError('not expressible in XML')
  return text
    .replaceAll(/[&<>"']/g, (each) => ENTITY[each] ?? each)
    .replaceAll(/[\t\n\r]/g, (each) => `&#${each.charCodeAt(0)};`)
}
