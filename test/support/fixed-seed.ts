import { configureGlobal } from 'fast-check'

/**
 * What one commit is judged by must not change from run to run: properties are tried with the same cases each time.
 * `FC_SEED=random` tries others, and `FC_RUNS` more of them.
 */
const seed = process.env['FC_SEED'] ?? '20261122'
if (seed !== 'random') configureGlobal({ seed: Number(seed) })
