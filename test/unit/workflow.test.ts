import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { list, object, record, string } from '../../src/contract/narrow.ts'

const ROOT = join(import.meta.dirname, '../..')
const text = (path: string): string => readFileSync(join(ROOT, path), 'utf8')

const readJob = object(
  { steps: list(object({}, { uses: string, run: string })), permissions: record, 'runs-on': string },
  { strategy: object({ matrix: object({ os: list(string) }) }) },
)
const workflow = record(parse(text('.github/workflows/ci.yml')), 'ci.yml')
const jobs = Object.entries(record(workflow['jobs'], 'jobs')).map(([name, job]) => readJob(job, name))
const steps = jobs.flatMap((job) => job.steps)
const scripts = record(record(JSON.parse(text('package.json')), 'package.json')['scripts'], 'scripts')

describe('the workflow of a public forge', () => {
  test('runs on Linux, macOS and Windows, with no right but to read', () => {
    const systems = jobs.flatMap((job) => job.strategy?.matrix.os ?? [job['runs-on']])
    expect(systems).toEqual(['ubuntu-latest', 'macos-latest', 'windows-latest'])
    expect(workflow['permissions']).toEqual({})
    for (const { permissions } of jobs) expect(permissions).toEqual({ contents: 'read' })
  })

  test('names scripts and files that are there', () => {
    const runs = steps.flatMap(({ run }) => run ?? [])
    const named = runs.flatMap((run) => [...run.matchAll(/npm run ([\w:-]+)/g)].map(([, name = '']) => name))
    expect(named.length).toBeGreaterThan(3)
    for (const name of named) expect([name, typeof scripts[name]]).toEqual([name, 'string'])
    const files = runs.flatMap((run) => [...run.matchAll(/(?:node|bash) (\S+)/g)].map(([, file = '']) => file))
    expect(files).toEqual(['.ci/run', 'bin/jit.js'])
    for (const file of files)
      expect([file, existsSync(join(ROOT, file)) || file.startsWith('bin/')]).toEqual([file, true])
  })

  test('takes every action by a version', () => {
    const actions = steps.flatMap(({ uses }) => uses ?? [])
    expect(actions.length).toBeGreaterThan(0)
    for (const action of actions) expect(action).toMatch(/^actions\/[\w-]+@v\d+$/)
  })

  test('selects tests that are there', () => {
    const paths = string(scripts['test:portable'], 'test:portable').replace('vitest run ', '').split(' ')
    expect(paths.length).toBeGreaterThan(5)
    for (const path of paths) expect([path, existsSync(join(ROOT, path))]).toEqual([path, true])
  })
})
