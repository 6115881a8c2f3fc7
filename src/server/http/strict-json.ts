/** An object names one member twice: readers disagree about which one counts (RFC 8259 §4), so a check could see another value than the use. */
export class DuplicateMember extends SyntaxError {
  readonly member: string
  constructor(member: string) {
    super(`The member ${member} is there twice.`)
    this.name = 'DuplicateMember'
    this.member = member
  }
}

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\]:,]/g

/** `JSON.parse` that throws {@link DuplicateMember} (a `SyntaxError`). */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text)
  refuseDuplicates(text)
  return value
}

/** Reads `text`, which is JSON: a string is a member's name where a colon follows. */
function refuseDuplicates(text: string): void {
  const open: Set<string>[] = []
  let last = ''
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === '{' || token === '[') open.push(new Set())
    else if (token === '}' || token === ']') open.pop()
    else if (token === ':') {
      const member = String(JSON.parse(last))
      if (open.at(-1)?.has(member) === true) throw new DuplicateMember(member)
      open.at(-1)?.add(member)
    }
    last = token
  }
}
