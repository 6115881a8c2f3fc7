import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export const hasOpenssl = spawnSync('openssl', ['version']).status === 0

/** A CA of our own and a server certificate under it. `ca` is the path for NODE_EXTRA_CA_CERTS. */
export function makeCertificate(
  directory: string,
  ...hosts: readonly string[]
): { ca: string; key: string; cert: string } {
  const [host = ''] = hosts
  const at = (name: string): string => join(directory, name)
  const openssl = (...args: string[]): void => void execFileSync('openssl', args, { stdio: 'pipe' })
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  openssl('req', '-x509', ...ec, '-keyout', at('ca.key'), '-out', at('ca.pem'), '-subj', '/CN=test ca', '-days', '2')
  openssl('req', ...ec, '-keyout', at('server.key'), '-out', at('server.csr'), '-subj', `/CN=${host}`)
  const names = hosts.map((each) => `${/^[\d.]+$/.test(each) ? 'IP' : 'DNS'}:${each}`)
  writeFileSync(at('ext'), `subjectAltName=${names.join(',')}\n`)
  const signed = ['-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-CAcreateserial', '-days', '2', '-extfile', at('ext')]
  openssl('x509', '-req', '-in', at('server.csr'), '-out', at('server.pem'), ...signed)
  const read = (name: string): string => readFileSync(at(name), 'utf8')
  return { ca: at('ca.pem'), key: read('server.key'), cert: read('server.pem') }
}
