import { readFileSync } from 'node:fs'
import { ExternalAccountClient } from 'google-auth-library'

/**
 * A program of a user: credentials from the external_account file in argv, one GET of the URL after it, all through its
 * environment. Prints `{ token, expiry, status, data }`, or `{ failed, status }`.
 */
const [, , file = '', url = ''] = process.argv
const client = ExternalAccountClient.fromJSON(JSON.parse(readFileSync(file, 'utf8')))
if (client === null) throw new Error(`${file} is no external_account`)
try {
  const { token } = await client.getAccessToken()
  const { status, data } = await client.request({ url, retry: false })
  console.log(JSON.stringify({ token, expiry: client.credentials.expiry_date, status, data }))
} catch (error) {
  console.log(
    JSON.stringify({ failed: error instanceof Error ? error.message : String(error), status: Object(error).status }),
  )
}
