import { defineConfig } from 'vitest/config'

const project = (name: string, timeout: number) => ({
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    testTimeout: timeout,
    hookTimeout: timeout,
    restoreMocks: true,
    setupFiles: ['test/support/fixed-seed.ts'],
  },
})

export default defineConfig({
  test: {
    retry: 0,
    maxWorkers: '100%', // most of the time a test waits for another process
    maxConcurrency: 24, // tests that run side by side in one file wait for clocks, not for the processor
    projects: [project('unit', 30_000), project('contract', 60_000), project('acceptance', 180_000)],
  },
})
