import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { programAtTerminal } from '../../support/terminal.ts'

const TOLD = `
  import { standardOutput } from ${JSON.stringify(resolve('src/platform/output.ts'))}
  const output = standardOutput(process)
  output.note(\`stdout \${output.columns()}, stderr \${output.stderrColumns()}.\`)
`

test.skipIf(process.platform === 'win32')(
  'stderr has the width of its terminal where stdout is read by a program',
  async () => {
    const script = `"$0" --input-type=module -e "$1" | cat`
    const { ended } = programAtTerminal('/bin/sh', ['-c', script, process.execPath, TOLD], {}, { columns: 33 })
    expect((await ended).screen).toContain('stdout Infinity, stderr 33.')
  },
)
