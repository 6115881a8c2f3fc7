import { expect } from 'vitest'
import { disk } from './disk.ts'
import type { Ended } from './launch.ts'
import type { PersonHome } from './person.ts'
import type { World } from './world.ts'

/** Names of targets that completion offers: written whenever the endpoint has told them, whatever comes of the command. */
const OFFERED = '.local/state/jit/targets'

/** Everything but locks, which are empty, and the directories that they lie in. */
const files = ({ home }: PersonHome) =>
  Object.fromEntries(
    Object.entries(disk(home)).filter(
      ([path, what]) => !path.endsWith('lock') && path !== OFFERED && !what.startsWith('directory'),
    ),
  )
const asked = ({ endpoint }: World): number =>
  endpoint.log().match(/"method":"POST","path":"\/v1\/requests"/g)?.length ?? 0

/** How a command was refused, and whether this machine and the endpoint are as they were. */
export async function refusal(world: World, at: PersonHome, run: () => Promise<Ended>) {
  const before = { files: files(at), asked: asked(world) }
  const { code, stdout, stderr } = await run()
  return { code, stdout, stderr, before, after: { files: files(at), asked: asked(world) } }
}

/** One sentence, the next thing to type, the exit code, and nothing changed. */
export const refused = (
  { before }: Pick<Awaited<ReturnType<typeof refusal>>, 'before'>,
  code: number,
  said: RegExp,
): unknown => ({
  code,
  stdout: '',
  stderr: expect.toSatisfy(
    (text: string) => said.test(text) && /^jit: \S.*[.?:!]\n {5}\S.*\n$/.test(text),
    `one sentence and a hint that say ${said}`,
  ),
  before,
  after: before,
})
