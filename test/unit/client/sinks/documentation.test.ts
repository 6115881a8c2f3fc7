import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { FORMAT_NAMES } from '../../../../src/client/sinks/formats/types.ts'
import { KEY_STORE_CHOICES } from '../../../../src/platform/keychain/types.ts'

const root = join(import.meta.dirname, '../../../..')
const page = (name: string): string => readFileSync(join(root, 'docs', name), 'utf8')
const sources = (folder: string): string =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join(root, folder, name), 'utf8'))
    .join('\n')

/** Sentences with what is put into them left out, and without the full stop that is added where it is missing. */
const plain = (text: string): string => text.replaceAll(/\$\{[^}]*\}|_\w+_/g, '…').replace(/\.$/, '')
const sentencesIn = (code: string): readonly string[] =>
  [...code.matchAll(/(['"`])((?:The Azure CLI|Google's libraries|Grant |Subscription )(?:(?!\1).)+)\1/g)].map(
    ([, , text = '']) => plain(text),
  )

describe('docs/delivery.md', () => {
  const [, section = ''] = /## When a mode does not serve\n([\s\S]*?)\n## /.exec(page('delivery.md')) ?? []
  const told = section
    .split('\n')
    .flatMap(
      (line) => /^\|[^|]*\| ((?:The|Google|Grant|Subscription)[^|]*?)(?: \([a-z0-9. ]+\))? \|$/.exec(line)?.[1] ?? [],
    )
    .map(plain)

  test('quotes no sentence that jit does not say', () => {
    expect(told.length).toBeGreaterThan(10)
    const said = sentencesIn(sources('src/client/sinks'))
    expect(told.filter((sentence) => !said.includes(sentence))).toEqual([])
  })

  test('tells every reason for which a mode does not serve', () => {
    const reasons = ['azure-obstacle.ts', 'azure-isolated.ts', 'gcp-process.ts'].flatMap((name) =>
      sentencesIn(readFileSync(join(root, 'src/client/sinks/clouds', name), 'utf8')),
    )
    expect(reasons.length).toBeGreaterThan(7)
    expect(reasons.filter((sentence) => !told.includes(sentence))).toEqual([])
  })

  test('names every file of the user’s that takes an entry of ours', () => {
    const names = { kubeconfig: 'kubeconfig', 'aws-credentials': '~/.aws/credentials', 'aws-config': '~/.aws/config' }
    const az = {
      'az-profile': 'azureProfile.json',
      'az-token-cache': 'msal_token_cache.json',
      'az-service-principals': 'service_principal_entries.json',
      'az-clouds': 'clouds.config',
    }
    const known: Readonly<Record<(typeof FORMAT_NAMES)[number], string>> = { ...names, ...az }
    for (const format of FORMAT_NAMES) expect(page('delivery.md')).toContain(known[format])
  })
})

describe('docs/keychain.md', () => {
  test('explains every key store and no other', () => {
    const [table = ''] = page('keychain.md').split('\n```')
    const explained = [...table.matchAll(/^\| `(\w[\w-]*)`/gm)].map(([, name = '']) => name)
    expect(explained).toEqual([...KEY_STORE_CHOICES])
  })

  test('quotes no message that a key store does not have', () => {
    const quoted = [...page('keychain.md').matchAll(/^\| [^|]+ \| ((?:The|Others) [^|:…]+)/gm)].map(([, text = '']) =>
      text.trim().replace(/\.$/, ''),
    )
    const said = sources('src/platform/keychain').replaceAll(/\$\{name\}/g, 'Secret Service')
    const known = (text: string): boolean => said.includes(text.replace('Linux kernel keyring', 'Secret Service'))
    expect(quoted.length).toBeGreaterThan(5)
    expect(quoted.filter((text) => !known(text))).toEqual([])
  })
})
