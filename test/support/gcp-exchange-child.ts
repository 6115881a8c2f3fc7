// Google's exchange in a process of its own: proxy and CA variables are read at its start.
import { createRequire } from 'node:module'
import { JitError } from '../../src/base/errors.ts'
import { gcpAccessToken } from '../../src/client/exchange/gcp.ts'
import { readCloudCredential } from '../../src/contract/credential.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { nodeHttp } from '../../src/platform/http-node.ts'
import { useProxyFromEnv } from '../../src/platform/proxy.ts'

await useProxyFromEnv(process.env)
const credential = readCloudCredential(JSON.parse(process.argv[2] ?? ''), 'credential')
if (credential.cloud !== 'gcp') throw new Error('a credential of Google Cloud is expected')
const deps = { http: nodeHttp, clock: systemClock, signal: new AbortController().signal, clockOffsetMs: 0 }
const said = await gcpAccessToken(deps, credential).catch((error: unknown) => {
  if (error instanceof JitError) return { code: error.code, message: error.message }
  throw error
})
const loaded = Object.keys(createRequire(import.meta.url).cache)
const transports = loaded.filter((path) => /node_modules\/(https-proxy-agent|node-fetch)\//.test(path))
console.log(JSON.stringify({ ...said, transports }))
