import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../../src/platform/clock.ts'
import { lookIntoSqlite, openSqlite, prepareSqliteFile, type SqliteConnection } from '../../../src/platform/sqlite.ts'

let directory: string
let path: string
const open: SqliteConnection[] = []

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'jit-sqlite-'))
  path = join(directory, 'state', 'endpoint.db')
})
afterEach(() => {
  for (const each of open.splice(0)) each.close()
  rmSync(directory, { recursive: true })
})

function connect(access: 'read' | 'write' = 'write', clock = systemClock): SqliteConnection {
  const connection = openSqlite(path, clock, access)
  open.push(connection)
  return connection
}
const modeOf = (file: string): string => (statSync(file).mode & 0o777).toString(8)
/** What this process holds open, where the kernel tells (Linux). */
const openFiles = (): readonly string[] => {
  const names = existsSync(FILES) ? readdirSync(FILES) : []
  return names.map((each) => join(FILES, each)).flatMap((each) => (existsSync(each) ? [readlinkSync(each)] : []))
}
const FILES = '/proc/self/fd'
const failure = expect.objectContaining({ code: 'FILE_UNREADABLE' })

describe('the database file', () => {
  test('is for its owner only, and so are its companions', () => {
    prepareSqliteFile(path)
    connect().run('create table t (a)')
    expect(modeOf(join(directory, 'state'))).toBe('700')
    for (const file of [path, `${path}-wal`, `${path}-shm`]) expect([file, modeOf(file)]).toEqual([file, '600'])
  })

  test('that others could read is narrowed', () => {
    mkdirSync(join(directory, 'state'))
    writeFileSync(path, '')
    chmodSync(path, 0o644)
    prepareSqliteFile(path)
    expect(modeOf(path)).toBe('600')
  })

  test.each<[string, () => void]>([
    ['a link', () => symlinkSync(join(directory, 'elsewhere'), path)],
    ['a directory', () => mkdirSync(path)],
  ])('is refused where %s has its name', (_, make) => {
    mkdirSync(join(directory, 'state'))
    make()
    expect(() => prepareSqliteFile(path)).toThrow(failure)
    expect(existsSync(join(directory, 'elsewhere'))).toBe(false)
  })

  test('is refused with its name where it holds something else', () => {
    mkdirSync(join(directory, 'state'))
    writeFileSync(path, 'no database, but long enough that it cannot be a torn header of one. '.repeat(20))
    prepareSqliteFile(path)
    expect(() => connect()).toThrow(failure)
    expect(() => connect()).toThrow(path)
    expect(openFiles()).not.toContain(path)
  })
})

describe('a look', () => {
  const names = () => readdirSync(join(directory, 'state')).toSorted()
  const bytes = () =>
    Object.fromEntries(
      names()
        .filter((name) => !name.endsWith('-shm')) // an index of the log in shared memory, which each reader marks
        .map((name) => [name, readFileSync(join(directory, 'state', name), 'hex')]),
    )
  const looked = () => {
    const look = lookIntoSqlite(path, systemClock)
    const rows = look?.prepare('select a from t').all([])
    look?.close()
    return rows
  }

  test('makes no file, no directory and no database', () => {
    expect(lookIntoSqlite(path, systemClock)).toBeUndefined()
    expect(readdirSync(directory)).toEqual([])
    mkdirSync(join(directory, 'state'))
    expect(lookIntoSqlite(path, systemClock)).toBeUndefined()
    expect(names()).toEqual([])
  })

  test('sees what is committed and changes no byte, whether nobody uses the database, somebody does, or died in it', () => {
    const [database, log, index] = ['endpoint.db', 'endpoint.db-wal', 'endpoint.db-shm']
    prepareSqliteFile(path)
    const writer = openSqlite(path, systemClock, 'write')
    writer.run('create table t (a)')
    writer.run('insert into t values (1)')
    const used = bytes()
    expect([looked(), names()]).toMatchObject([[{ a: 1 }], [database, index, log]])
    expect(bytes()).toEqual(used)
    for (const name of [database, log]) copyFileSync(join(directory, 'state', name), join(directory, name))
    writer.close()
    const closed = bytes()
    expect([looked(), names()]).toMatchObject([[{ a: 1 }], [database]])
    expect(bytes()).toEqual(closed)
    for (const name of [database, log]) copyFileSync(join(directory, name), join(directory, 'state', name))
    const left = bytes()
    expect([looked(), names()]).toMatchObject([[{ a: 1 }], [database, index, log]])
    expect(bytes()).toEqual(left)
    expect(modeOf(`${path}-shm`)).toBe('600')
  })

  test('cannot write, and narrows no mode', () => {
    prepareSqliteFile(path)
    chmodSync(path, 0o640)
    const look = lookIntoSqlite(path, systemClock)
    expect(() => look?.run('create table t (a)')).toThrow(/readonly/)
    look?.close()
    expect(modeOf(path)).toBe('640')
  })

  test('at something else says so', () => {
    mkdirSync(path, { recursive: true })
    expect(() => lookIntoSqlite(path, systemClock)).toThrow(failure)
    rmSync(path, { recursive: true })
    writeFileSync(path, 'no database, but long enough that it cannot be a torn header of one. '.repeat(20))
    expect(() => lookIntoSqlite(path, systemClock)).toThrow(failure)
    expect(openFiles()).not.toContain(path)
  })
})

describe('a connection', () => {
  beforeEach(() => prepareSqliteFile(path))

  test('syncs every commit, checks references, and waits for other writers', () => {
    const ask = (name: string) => Object.values(Object(connect().prepare(`pragma ${name}`).all([])[0]))[0]
    expect([ask('journal_mode'), ask('synchronous'), ask('foreign_keys'), ask('busy_timeout')]).toEqual([
      'wal',
      2,
      1,
      5000,
    ])
  })

  test('for reading cannot write', () => {
    connect().run('create table t (a)')
    expect(() => connect('read').run('insert into t values (1)')).toThrow(/readonly|query_only|read/i)
  })

  test('tells the time of the clock that it was given', () => {
    const frozen = { ...systemClock, now: () => 1_795_309_052_457 }
    expect(connect('write', frozen).prepare('select jit_now() as now').all([])).toMatchObject([
      { now: 1_795_309_052_457 },
    ])
  })

  test('reuses a statement, also after the schema changed', () => {
    const connection = connect()
    connection.run('create table t (a)')
    const select = connection.prepare('select * from t')
    expect(connection.prepare('select * from t')).toBe(select)
    connection.run('insert into t values (1)')
    connection.run('alter table t add column b')
    expect(select.all([])).toMatchObject([{ a: 1, b: null }])
  })

  test('refuses to store what SQLite has no type for', () => {
    const connection = connect()
    connection.run('create table t (a)')
    for (const value of [undefined, true, {}, () => 1])
      expect(() => connection.prepare('insert into t values (?)').run([value])).toThrow(TypeError)
  })
})
