import type { Block } from './credentials-block.ts'
import { INI_HEADER } from './ini-edits.ts'
import { cut, type Line, linesOf, textOf } from './lines.ts'

/**
 * Settings of a block's section that stand behind its end marker, or inside the next block before that one's header: `aws configure
 * set` puts new keys there. Left behind they would fall to whatever section comes before, and a key that is there twice makes
 * the whole file unreadable.
 */
export function tailOf(bytes: Buffer, { end }: Pick<Block, 'end'>): readonly Line[] {
  const tail: Line[] = []
  let inside = false
  for (const line of linesOf(bytes, end)) {
    const text = textOf(bytes, line)
    if (INI_HEADER.test(text)) break
    inside = /^[\w.-]+\s*[=:]/.test(text) || (inside && /^\s+\S/.test(text))
    if (inside) tail.push(line)
  }
  return tail
}

export const cutLines = (bytes: Buffer, lines: readonly Line[]): Buffer =>
  cut(
    bytes,
    lines.map(({ start, next }) => ({ start, end: next })),
  )
