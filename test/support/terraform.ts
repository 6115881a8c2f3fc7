import { spawnSync } from 'node:child_process'

export const hasTerraform = spawnSync('terraform', ['version'], { env: offline() }).status === 0

/** What `terraform fmt` says is wrong with a text, or would change in it; it parses the text, and asks nobody. */
export function terraformFaults(text: string): string {
  const { status, stdout, stderr } = spawnSync('terraform', ['fmt', '-check', '-diff', '-no-color', '-'], {
    input: text,
    encoding: 'utf8',
    env: offline(),
  })
  return status === 0 ? '' : `${stdout}${stderr}`
}

function offline(): Record<string, string> {
  return { PATH: process.env['PATH'] ?? '', CHECKPOINT_DISABLE: '1', TF_CLI_CONFIG_FILE: '/dev/null' }
}

/** The text of one top-level block. */
export function blockOf(text: string, head: string): string {
  const start = text.indexOf(`${head} {\n`)
  if (start === -1) throw new Error(`no block ${head}`)
  return text.slice(start, text.indexOf('\n}', start))
}

/** The value of one argument of a block, where it is written as JSON is. */
export function argumentOf(block: string, name: string): unknown {
  const [, value] = new RegExp(`^ *"?${name.replaceAll('.', '[.]')}"? += (.*)$`, 'm').exec(block) ?? []
  if (value === undefined) throw new Error(`no argument ${name}`)
  return /^["[\d]/.test(value) ? JSON.parse(value) : value
}

/** Addresses that the text declares, `type.name`. */
export const declared = (text: string): readonly string[] =>
  [...text.matchAll(/^(?:resource|data) "(\w+)" "(\w+)" {$/gm)].map(([, type, name]) => `${type}.${name}`)

/** Braces outside of strings, heredocs and comments: how many more are opened than closed. */
export function openBraces(text: string): number {
  const plain = text
    .replace(/<<-YAML\n[\s\S]*?\n *YAML$/gm, '')
    .replace(/"(?:[^"\\]|\\.)*"/g, '')
    .replace(/#.*/g, '')
  return plain.split('{').length - plain.split('}').length
}
