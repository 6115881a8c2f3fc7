// One request through the program's own HTTP client in a process of its own: proxy and CA variables are read at its start.
import { HttpError } from '../../src/platform/http.ts'
import { nodeHttp } from '../../src/platform/http-node.ts'
import { proxyAgent, useProxyFromEnv } from '../../src/platform/proxy.ts'

const [url = '', how = 'fetch'] = process.argv.slice(2)
await useProxyFromEnv(process.env)
console.log(JSON.stringify(await (how === 'agent' ? viaAgent() : viaFetch(how === 'direct'))))

async function viaFetch(direct: boolean): Promise<unknown> {
  try {
    const { status, text } = await nodeHttp({ method: 'GET', url, timeoutMs: 5000, direct })
    return { status, text }
  } catch (error) {
    return error instanceof HttpError ? { failure: error.failure, message: error.message } : { bug: String(error) }
  }
}

async function viaAgent(): Promise<unknown> {
  const { request } = await import('node:https')
  const agent = await proxyAgent(process.env)
  return new Promise((resolve) => {
    request(url, { agent }, (response) => {
      response.resume()
      response.on('end', () => {
        agent.destroy()
        resolve({ status: response.statusCode })
      })
    })
      .on('error', (error) => resolve({ failure: String(error) }))
      .end()
  })
}
