import { terminalText } from '../base/terminal-text.ts'
import { endsIn } from '../client/ended-grants.ts'
import type { Installation } from './installation.ts'
import type { Terminal } from './ui/terminal.ts'

/** Once: whoever was at work with a grant that an administrator ended shall not look for the mistake elsewhere. */
export function tellEnds({ notes, leases }: Pick<Installation, 'notes' | 'leases'>, terminal: Terminal): void {
  for (const note of endsIn(notes).filter(({ told, grant }) => told === undefined && !isHere(leases, grant))) {
    terminal.note(`${terminalText(note.message)} Its credentials are gone from this machine.`)
    notes.put({ ...note, told: 'yes' })
  }
}

const isHere = (leases: Installation['leases'], grant: string): boolean => leases.list().some(({ id }) => id === grant)
