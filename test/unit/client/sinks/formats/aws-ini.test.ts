import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkAwsIni, namesProfile } from '../../../../../src/base/aws-ini.ts'
import { awsConfig } from '../../../../../src/client/sinks/formats/aws-config.ts'
import { awsCredentials } from '../../../../../src/client/sinks/formats/aws-credentials.ts'
import type { Format, NewEntry } from '../../../../../src/client/sinks/formats/types.ts'

type Subject = {
  readonly format: Format
  /** As the format's sinks write it. */
  readonly entry: (lease: string, profile: string, asDefault: boolean, mark?: string) => NewEntry
  readonly header: (profile: string) => string
}

const keys = (lease: string, mark: string): string =>
  [
    `aws_access_key_id = ASIA${mark}0000000000${lease}`,
    `aws_secret_access_key = secret-of-${mark}-${lease}`,
    'region = eu-west-1',
    `x_jit_grant = ${lease}`,
  ].join('\n')
const call = (lease: string, mark: string): string =>
  `region = eu-west-1\ncredential_process = '/opt/a b/${mark}' credential-process x\nx_jit_grant = ${lease}`

const subject = (format: Format, prefix: string, lines: (lease: string, mark: string) => string): Subject => ({
  format,
  header: (profile) => `[${prefix}${profile}]`,
  entry: (lease, profile, asDefault, mark = '') => ({
    lease,
    profile,
    expiresAt: 99,
    content: [
      `[${prefix}${profile}]`,
      lines(lease, mark),
      ...(asDefault ? ['[default]', lines(lease, mark)] : []),
    ].join('\n'),
  }),
})

const SUBJECTS: Readonly<Record<string, Subject>> = {
  'aws-credentials': subject(awsCredentials, '', keys),
  'aws-config': subject(awsConfig, 'profile ', call),
}

const text = (bytes: Buffer): string => bytes.toString('utf8')
const namesIn = (bytes: Buffer): readonly string[] => {
  const check = checkAwsIni(bytes)
  if (!check.ok) throw new Error(`line ${check.line}: ${check.why}`)
  return check.sections.map(({ name }) => name)
}

describe.each(Object.entries(SUBJECTS))('format %s', (_name, { format, entry, header }) => {
  const section = fc.constantFrom(header('default'), '[default]', header('mine'), '[sso-session corp]', header('"q"'))
  const line = fc.constantFrom('region = eu-north-1', 'output=table', '# c', '', 's3 =\n  max = 1', '; é')
  const file = fc
    .tuple(
      fc.uniqueArray(fc.tuple(section, fc.uniqueArray(line, { maxLength: 3 })), {
        selector: ([name]) => name.replace('profile ', ''),
        maxLength: 4,
      }),
      fc.constantFrom('\n', '\r\n'),
      fc.constantFrom('', '\n', '\n# end'),
    )
    .map(([sections, eol, last]) => {
      const all = sections.flatMap(([name, lines]) => [name, ...lines]).join('\n')
      return Buffer.from(`${all}${all === '' ? '' : last}`.replaceAll('\n', eol))
    })
  const step = fc.record({ lease: fc.constantFrom('g_1', 'g_2', 'g_3'), asDefault: fc.boolean(), renew: fc.boolean() })

  test('any file comes back byte for byte, whatever leases come, renew themselves and go', () => {
    fc.assert(
      fc.property(
        file,
        fc.array(step, { maxLength: 8 }),
        fc.shuffledSubarray(['g_1', 'g_2', 'g_3'], { minLength: 3 }),
        (bytes, steps, ends) => {
          let now: Buffer = bytes
          for (const [index, { lease, asDefault, renew }] of steps.entries()) {
            now = format.insert(now, entry(lease, `jit-${lease}`, asDefault, `m${index}`))
            if (!renew) now = format.remove(now, (found) => found.lease === lease)
            expect(namesIn(now).filter((name) => namesProfile(name, 'default')).length).toBeLessThanOrEqual(1)
          }
          for (const lease of ends) now = format.remove(now, (found) => found.lease === lease)
          expect(text(now)).toBe(text(bytes))
        },
      ),
      { numRuns: 400 },
    )
  })

  test('settings that a tool puts behind our end marker go with their section, and never become a second key of the one before', () => {
    const before = '[mine]\noutput = text\n'
    const one = text(format.insert(Buffer.from(before), entry('g_1', 'jit-1', false)))
    expect(
      text(format.remove(Buffer.from(`${one}output = json\ns3 =\n  max = 1\n# his\n[new]\na = b\n`), () => true)),
    ).toBe(`${before}# his\n[new]\na = b\n`)
    const byDefault = text(format.insert(Buffer.from('[default]\noutput = text\n'), entry('g_1', 'jit-1', true)))
    expect(text(format.remove(Buffer.from(`${byDefault}output = json\ncli_pager = x\n`), () => true))).toBe(
      '[default]\noutput = json\ncli_pager = x\n',
    )
    const two = text(format.insert(Buffer.from(one), entry('g_2', 'jit-2', false)))
    const inNext = Buffer.from(two.replace(/(# >>> jit g_2 .*\n)/, '$1output = json\n'))
    for (const [first, second] of [
      ['g_1', 'g_2'],
      ['g_2', 'g_1'],
    ])
      expect(
        text(
          format.remove(
            format.remove(inNext, ({ lease }) => lease === first),
            ({ lease }) => lease === second,
          ),
        ),
      ).toBe(before)
  })

  test('finds what it inserted, with the name of the profile', () => {
    const bytes = format.insert(Buffer.from('[default]\nregion = x\n'), entry('g_1', 'jit-x', true))
    expect(format.find(bytes).map(({ lease, profile, expiresAt }) => [lease, profile, expiresAt])).toEqual([
      ['g_1', 'jit-x', 99],
      ['g_1', 'default', 99],
    ])
    expect(namesIn(bytes)).toContain('default-kept-by-jit-g_1')
  })

  test('a new lease takes over the profile of an old one', () => {
    const bytes = format.insert(
      format.insert(Buffer.alloc(0), entry('g_1', 'jit-x', false)),
      entry('g_2', 'jit-x', false),
    )
    expect(format.find(bytes).map(({ lease }) => lease)).toEqual(['g_2'])
  })

  test('a profile of the user’s own is refused, an entry of ours is not; other names are free', () => {
    const wanted = { profile: 'jit-x', asDefault: false }
    const check = (bytes: Buffer): void => format.check('/f', bytes, wanted)
    expect(() => check(Buffer.from(`${header('jit-x')}\nregion = a\n`))).toThrow(
      expect.objectContaining({ code: 'PROFILE_TAKEN', message: expect.stringContaining('/f (line 1)') }),
    )
    expect(() => check(format.insert(Buffer.alloc(0), entry('g_1', 'jit-x', true)))).not.toThrow()
    expect(() => check(Buffer.from(`${header('jit-xy')}\n`))).not.toThrow()
    expect(() => check(Buffer.from('[a]\n[a]\n'))).toThrow(expect.objectContaining({ code: 'FILE_UNREADABLE' }))
  })

  test('a default that cannot be set aside is refused beforehand', () => {
    const check = (bytes: string, asDefault: boolean): void =>
      format.check('/f', Buffer.from(bytes), { profile: 'jit-x', asDefault })
    expect(() => check('  [default]\nregion = a\n', true)).toThrow(expect.objectContaining({ code: 'FILE_REFUSED' }))
    expect(() => check('  [default]\nregion = a\n', false)).not.toThrow()
    expect(() => check('[default]\nregion = a\n', true)).not.toThrow()
  })

  test.each(['\n[evil]', '\u001b[2J', '\r[evil]', '\n'])(
    'a value that would write more than itself is refused: %j',
    (value) => {
      const odd = { ...entry('g_1', 'jit-x', false), content: `${header('jit-x')}\nregion = a${value}\nx_jit_grant\n` }
      expect(() => format.insert(Buffer.alloc(0), odd)).toThrow(expect.objectContaining({ code: 'ENDPOINT_INVALID' }))
    },
  )

  test('after a tool has dropped our marks, nothing of ours is left and the user has his default again', () => {
    const before = '[default]\nregion = x\n[b]\nk = v\n'
    const bare = text(format.insert(Buffer.from(before), entry('g_1', 'jit-x', true))).replace(/^#.*\n/gm, '')
    const isSecret = (word: string): boolean => word.startsWith('ASIA') || word.startsWith('secret-of-')
    const cleaned = format.removeUnmarked(Buffer.from(bare), { lease: 'g_1', profile: 'jit-x' }, isSecret)
    expect(text(cleaned)).toBe(before)
    expect(format.holdsSecret(Buffer.from(bare), isSecret)).toBe(format.secret)
    expect(format.holdsSecret(cleaned, isSecret)).toBe(false)
  })

  test('what a program wrote from an old copy gets our entries as they are now, defaults in their order', () => {
    const original = Buffer.from('[default]\nregion = x\n')
    const one = format.insert(original, entry('g_1', 'jit-1', true))
    const current = format.insert(format.insert(one, entry('g_2', 'jit-2', true)), entry('g_3', 'jit-3', false))
    for (const stale of [original, one]) {
      const theirs = Buffer.from(text(stale).replace('region = x', 'region = y'))
      const grafted = format.graft(theirs, current)
      expect(namesIn(grafted).toSorted()).toEqual(namesIn(current).toSorted())
      expect(text(format.remove(grafted, () => true))).toBe('[default]\nregion = y\n')
    }
    const two = format.remove(current, ({ lease }) => lease === 'g_1')
    expect(text(format.remove(format.graft(one, two), () => true))).toBe(text(original))
    expect(format.find(format.graft(one, two)).some(({ lease }) => lease === 'g_1')).toBe(false)
  })
})

test('sections of another kind may have the same name', () => {
  expect(() =>
    awsConfig.check('/f', Buffer.from('[services jit-x]\nsts =\n  a = b\n'), { profile: 'jit-x', asDefault: false }),
  ).not.toThrow()
})
