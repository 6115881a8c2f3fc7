import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { loadConfig } from '../../../../src/server/config/load.ts'
import { configSchema } from '../../../../src/server/config/schema.ts'

const page = readFileSync(new URL('../../../../docs/configuration.md', import.meta.url), 'utf8')
const files = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text = '']) => text)

type Json = { properties?: Record<string, Json>; items?: Json; oneOf?: Json[]; anyOf?: Json[] }

/** Every field of the schema, as the page writes them. */
function fieldsOf(node: Json, path: string): readonly string[] {
  const choices = node.oneOf ?? node.anyOf
  if (choices !== undefined) return choices.flatMap((each) => fieldsOf(each, path))
  if (node.items?.properties !== undefined) return fieldsOf(node.items, `${path}[]`)
  if (node.properties === undefined) return [path]
  return Object.entries(node.properties).flatMap(([name, child]) =>
    fieldsOf(child, path === '' ? name : `${path}.${name}`),
  )
}

describe('docs/configuration.md', () => {
  test.each(files.map((text, index) => [index + 1, text] as const))(
    'example %d is a valid file',
    async (_number, text) => {
      const env = { JIT_ENDPOINT_DATABASE_URL: 'postgresql://db/jit' }
      const { config } = await loadConfig({ path: '/etc/jit/c.yaml', readText: () => text, env })
      expect(config.endpoint).toBe('https://jit.corp.example')
    },
  )

  test('explains every field and no other', () => {
    const schema = z.toJSONSchema(configSchema({ directory: '/', env: {} }), { io: 'input', unrepresentable: 'any' })
    const known = new Set(fieldsOf(schema as Json, ''))
    const explained = [...page.matchAll(/^\| `([\w.[\]]+)` \|/gm)].map(([, name = '']) => name)
    expect(explained.toSorted()).toEqual([...known].toSorted())
  })
})
