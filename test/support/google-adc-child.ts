// A program of a user that knows nothing of jit: Google's library with application default credentials, and one call.
import { GoogleAuth } from 'google-auth-library'

const [url = ''] = process.argv.slice(2)
const auth = new GoogleAuth({ scopes: 'https://www.googleapis.com/auth/cloud-platform' })
try {
  const project = await auth.getProjectId()
  const { status, data } = await auth.request({ url })
  console.log(JSON.stringify({ project, status, data }))
} catch (error) {
  console.log(JSON.stringify({ failed: String(error) }))
}
