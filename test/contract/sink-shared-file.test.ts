import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { JitError } from '../../src/base/errors.ts'
import { canSetAttributes, setAttribute } from '../support/attributes.ts'
import { disk } from '../support/disk.ts'
import { SINK_SUBJECTS } from '../support/sink-subjects.ts'
import { sinkWorld, type World } from '../support/sink-world.ts'

describe.each(Object.entries(SINK_SUBJECTS).filter(([, { shared }]) => shared.length > 0))(
  'sink %s',
  (_name, subject) => {
    describe.each(subject.shared.map((each) => [each.path, each] as const))(
      'in %s',
      (path, { original, edit, format }) => {
        test.each(Object.entries(format.originals))('with %s', async (_original, bytes) => {
          using at = sinkWorld(subject)
          at.layAll()
          at.lay({ [path]: bytes })
          const before = at.home()
          await at.write()
          await at.wipe('g_1')
          expect(at.home()).toEqual(before)
        })

        test('keeps what others wrote into it meanwhile', async () => {
          using at = sinkWorld(subject)
          at.layAll()
          await at.write()
          const theirs = edit(readFileSync(at.at(path)))
          writeFileSync(`${at.at(path)}.new`, theirs, { mode: 0o600 })
          renameSync(`${at.at(path)}.new`, at.at(path))
          await at.wipe('g_1')
          expect(readFileSync(at.at(path), 'latin1')).toBe(edit(Buffer.from(original)).toString('latin1'))
        })

        test('keeps what others wrote into the file it had made', async () => {
          using at = sinkWorld(subject)
          await at.write()
          writeFileSync(at.at(path), edit(readFileSync(at.at(path))))
          await at.wipe('g_1')
          expect(readFileSync(at.at(path), 'latin1')).toBe(edit(Buffer.alloc(0)).toString('latin1'))
        })

        test('writes and wipes through a symbolic link, which stays one', async () => {
          using at = sinkWorld(subject)
          at.layAll()
          const real = join(at.files.root, 'dotfiles')
          renameSync(at.at(path), real)
          symlinkSync(real, at.at(path))
          const before = [at.home(), readFileSync(real, 'latin1'), statSync(real).mode]
          await at.write()
          expect(readFileSync(real, 'latin1')).not.toBe(original)
          expect(lstatSync(at.at(path)).isSymbolicLink()).toBe(true)
          await at.wipe('g_1')
          expect([at.home(), readFileSync(real, 'latin1'), statSync(real).mode]).toEqual(before)
        })

        test('makes the file that a dangling link means, and takes it away again', async () => {
          using at = sinkWorld(subject)
          at.layAll()
          rmSync(at.at(path))
          symlinkSync(join(at.files.root, 'later', 'dotfiles'), at.at(path))
          await at.write()
          expect(existsSync(join(at.files.root, 'later', 'dotfiles'))).toBe(true)
          await at.wipe('g_1')
          expect(lstatSync(at.at(path)).isSymbolicLink()).toBe(true)
          expect(existsSync(join(at.files.root, 'later'))).toBe(false)
        })

        test('keeps a hard link one file with its twin', async () => {
          using at = sinkWorld(subject)
          at.layAll()
          const twin = join(at.files.root, 'twin')
          linkSync(at.at(path), twin)
          await at.write()
          writeFileSync(twin, edit(readFileSync(twin)))
          expect(statSync(twin).ino).toBe(statSync(at.at(path)).ino)
          await at.wipe('g_1')
          expect(statSync(twin).ino).toBe(statSync(at.at(path)).ino)
          expect(readFileSync(twin, 'latin1')).toBe(edit(Buffer.from(original)).toString('latin1'))
          expect(statSync(twin).mode & 0o7777).toBe(0o644)
        })

        test(`${format.format.secret ? 'narrows' : 'keeps'} its mode while an entry is in it`, async () => {
          using at = sinkWorld(subject)
          at.layAll(0o644)
          await at.write()
          expect(statSync(at.at(path)).mode & 0o7777).toBe(format.format.secret ? 0o600 : 0o644)
        })

        describe('refuses, and changes nothing:', () => {
          const refusal = async (at: World): Promise<unknown> => {
            const before = JSON.stringify(disk(at.files.root))
            const error: unknown = await at.check().then(
              () => 'accepted',
              (thrown: unknown) => thrown,
            )
            if (JSON.stringify(disk(at.files.root)) !== before) return 'changed something'
            return error instanceof JitError ? error.code : error
          }

          test.each(Object.entries(format.unreadable))('%s', async (_why, bytes) => {
            using at = sinkWorld(subject)
            at.layAll()
            at.lay({ [path]: bytes })
            expect(await refusal(at)).toBe('FILE_UNREADABLE')
          })

          test.skipIf(format.taken === undefined)('a name that the user has in it', async () => {
            using at = sinkWorld(subject)
            at.layAll()
            at.lay({ [path]: format.taken?.('jit-prod-db') ?? '' })
            expect(await refusal(at)).toBe('PROFILE_TAKEN')
          })

          test('a directory in its place', async () => {
            using at = sinkWorld(subject)
            mkdirSync(at.at(path), { recursive: true })
            expect(await refusal(at)).toBe('FILE_REFUSED')
          })

          test('links that go round in a circle', async () => {
            using at = sinkWorld(subject)
            mkdirSync(dirname(at.at(path)), { recursive: true })
            symlinkSync(at.at(path), at.at(path))
            expect(await refusal(at)).toBe('FILE_REFUSED')
          })

          test('a directory in which everybody may replace files', async () => {
            using at = sinkWorld(subject)
            at.layAll()
            chmodSync(dirname(at.at(path)), 0o777)
            expect(await refusal(at)).toBe('FILE_REFUSED')
          })

          test.skipIf(process.getuid?.() !== 0)('a file of another user', async () => {
            using at = sinkWorld(subject)
            at.layAll()
            chownSync(at.at(path), 12345, 12345)
            expect(await refusal(at)).toBe('FILE_REFUSED')
          })

          test('a file too large to be one', async () => {
            using at = sinkWorld(subject)
            at.lay({ [path]: `[a]\n${'#\n'.repeat(5_000_000)}` })
            expect(await refusal(at)).toBe('FILE_REFUSED')
          })

          test.skipIf(!canSetAttributes()).each(['+a', '+i'])(
            'chattr %s, which could never be wiped',
            async (attribute) => {
              using at = sinkWorld(subject)
              at.layAll()
              setAttribute(attribute, at.at(path))
              try {
                expect(await refusal(at)).toBe('FILE_REFUSED')
              } finally {
                setAttribute('-ai', at.at(path))
              }
            },
          )

          test.skipIf(!canSetAttributes())(
            'a directory that never gives a file back, before a secret is in it',
            async () => {
              using at = sinkWorld(subject)
              at.layAll()
              setAttribute('+a', dirname(at.at(path)))
              try {
                await expect(at.write()).rejects.toMatchObject({ code: 'FILE_REFUSED' })
                expect(at.secretsIn(at.files.home)).toEqual([])
              } finally {
                setAttribute('-a', dirname(at.at(path)))
              }
            },
          )
        })
      },
    )
  },
)
