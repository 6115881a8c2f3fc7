import { delimiter, join, resolve } from 'node:path'
import { ifExists, readFile } from '../../../platform/durable.ts'
import { resolveTarget } from '../target-path.ts'
import type { SinkDeps } from './deps.ts'
import type { Intent } from './types.ts'

/** The files that kubectl puts together, the first one winning (`KUBECONFIG`, kubernetes.io "Organizing Cluster Access"). */
export function kubeconfigFiles({ env, home }: SinkDeps): readonly string[] {
  const named = (env['KUBECONFIG'] ?? '').split(delimiter).filter((path) => path !== '')
  return named.length === 0 ? [join(home, '.kube', 'config')] : [...new Set(named.map((path) => resolve(path)))]
}

/** Where kubectl itself writes: the first file that is there, else the last one (client-go, `PathOptions.GetDefaultFilename`). */
export function kubeconfigFile(deps: SinkDeps): string {
  const files = kubeconfigFiles(deps)
  const there = files.find((path) => ifExists(() => deps.fs.stat(path)) !== undefined)
  return there ?? files.at(-1) ?? join(deps.home, '.kube', 'config')
}

/** A name that the user has in any of the files is his: kubectl would take the first that it finds. */
export async function refuseTakenInOthers(deps: SinkDeps, { profile }: Pick<Intent, 'profile'>): Promise<void> {
  const files = kubeconfigFiles(deps).map((path) => resolveTarget(deps.fs, path))
  const own = resolveTarget(deps.fs, kubeconfigFile(deps))
  const others = files.filter((path) => path !== own) // the engine checks that one itself, and under the lock too
  if (others.length === 0) return
  const { assertKubeconfigFree } = await import('../formats/kubeconfig.ts')
  for (const path of others) {
    const bytes = readFile(deps.fs, path)
    if (bytes !== undefined) assertKubeconfigFree(path, bytes, profile)
  }
}
