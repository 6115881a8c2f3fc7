// A program of a user that knows nothing of jit: the Azure SDK, which asks az for a token, and one call with that.
import { AzureCliCredential } from '@azure/identity'

const [id, subscription] = process.argv.slice(2)
const credential = new AzureCliCredential(subscription === undefined ? {} : { subscription })
const { token } = await credential.getToken('https://management.azure.com/.default')
const groups = `https://management.azure.com/subscriptions/${id}/resourcegroups?api-version=2021-04-01`
const answer = await fetch(groups, { headers: { authorization: `Bearer ${token}` } })
console.log(await answer.text())
if (!answer.ok) process.exitCode = 1
