/** `npm run pictures [-- demo|prompt]`: draws docs/pictures/ from what the demo really prints, and what a terminal really shows. */
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { launch } from '../support/launch.ts'
import { jobTranscript } from './job.ts'
import { terminalPicture } from './picture.ts'
import { promptScreens } from './prompt-pictures.ts'

const PICTURES = [
  {
    file: 'elevate.svg',
    title: 'approved by policy, used, and watched',
    from: /^.*\$\S* .*elevate staging-db/m,
    to: /^.*5\. /m,
  },
  {
    file: 'approve.svg',
    title: 'a person approves',
    from: /^.*\$\S* .*requests --to-review/m,
    to: /^When it is wiped here/m,
  },
  {
    file: 'clouds.svg',
    title: 'one grant, four clouds',
    from: /^.*\$\S* .*aws --profile jit-prod-db/m,
    to: /^.*\$\S* .*jit status/m,
  },
  { file: 'wiped.svg', title: 'the time is up', from: /^Gone .*/m, to: /^.*8\. /m },
  { file: 'log.svg', title: 'what the endpoint remembers', from: /^ {2}1 {2}/m, to: /$(?![\s\S])/m },
] as const

const directory = path.resolve(import.meta.dirname, '../../docs/pictures')
mkdirSync(directory, { recursive: true })
const draw = (file: string, title: string, transcript: string): void =>
  writeFileSync(path.join(directory, file), terminalPicture(title, transcript))

const [only] = process.argv.slice(2)
if (only !== 'prompt') await drawDemo()
if (only !== 'demo') await drawPrompt()

async function drawDemo(): Promise<void> {
  const { PATH = '', HOME = '' } = process.env
  const { stdout, code, stderr } = await launch(process.execPath, [path.join(import.meta.dirname, 'main.ts')], {
    PATH,
    HOME,
    FORCE_COLOR: '1',
  }).done
  if (code !== 0) throw new Error(stderr)
  const transcript = stdout.replaceAll(/[0-9a-f]{52,64}/g, (hash) => `${hash.slice(0, 12)}…`)
  for (const { file, title, from, to } of PICTURES) {
    const start = transcript.search(from)
    const length = transcript.slice(start).search(to)
    if (start < 0 || length < 0) throw new Error(`${file}: the demo does not print it any more`)
    draw(file, title, transcript.slice(start, start + length))
  }
}

async function drawPrompt(): Promise<void> {
  const { prompt, picker } = await promptScreens()
  draw('prompt.svg', 'the prompt, from an hour to the end', prompt)
  draw('picker.svg', 'jit elevate', picker)
}
writeFileSync(path.join(directory, 'job.svg'), terminalPicture('a job of GitHub Actions', await jobTranscript()))
