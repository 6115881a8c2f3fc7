type Page = { readonly url: string; readonly status: number; readonly html: string }

/** Walks the test IdP's forms over HTTP like a person with a browser. `url` is what `jit` shows or opens. Resolves with the last page. */
export const approveInBrowser = (url: string, user: string): Promise<Page> => walkForms(url, { login: user })

/** Logs in, then refuses: at the code confirmation of the device flow, else at the consent page. */
export const denyInBrowser = (url: string, user: string): Promise<Page> => walkForms(url, { login: user, deny: true })

async function walkForms(url: string, person: { login: string; deny?: boolean }): Promise<Page> {
  const browser = cookieBrowser()
  let page = await browser(url)
  for (let step = 0; step < 8; step++) {
    const form = parseForm(page)
    if (form === undefined || /class="problem">[^<]/.test(page.html)) return page
    if (form.fields.has('login')) form.fields.set('login', person.login)
    else if (person.deny === true && form.buttons.has('abort')) form.fields.set('abort', 'yes')
    else if (person.deny === true && form.buttons.has('deny')) form.fields.set('deny', 'yes')
    page = await browser(form.action, form.fields)
  }
  throw new Error(`The robot found no end of forms at ${page.url}`)
}

/** Follows redirects and scripted form posts, keeps cookies per run. */
function cookieBrowser(): (url: string, form?: URLSearchParams) => Promise<Page> {
  const cookies = new Map<string, string>()
  return async (url, form) => {
    let [next, body] = [url, form]
    for (let hop = 0; hop < 20; hop++) {
      const answer = await fetch(next, {
        method: body === undefined ? 'GET' : 'POST',
        body: body ?? null,
        redirect: 'manual',
        headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      })
      for (const line of answer.headers.getSetCookie()) keep(cookies, line)
      const location = answer.headers.get('location')
      if (location === null) return { url: next, status: answer.status, html: await answer.text() }
      await answer.body?.cancel()
      ;[next, body] = [new URL(location, next).href, undefined]
    }
    throw new Error(`Too many redirects from ${url}`)
  }
}

function keep(cookies: Map<string, string>, line: string): void {
  const [pair = ''] = line.split(';')
  const [name, value] = [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]
  if (value === '') cookies.delete(name)
  else cookies.set(name, value)
}

type Form = { readonly action: string; readonly fields: URLSearchParams; readonly buttons: ReadonlySet<string> }

function parseForm({ html, url }: Page): Form | undefined {
  const form = /<form[^>]*>/.exec(html)?.[0]
  if (form === undefined) return undefined
  const attribute = (tag: string, name: string): string | undefined => new RegExp(`${name}="([^"]*)"`).exec(tag)?.[1]
  const fields = new URLSearchParams()
  for (const [tag] of html.matchAll(/<input[^>]*>/g)) {
    const name = attribute(tag, 'name')
    if (name !== undefined) fields.set(name, attribute(tag, 'value') ?? '')
  }
  const names = [...html.matchAll(/<button[^>]*>/g)].flatMap(([tag]) => attribute(tag, 'name') ?? [])
  return { action: new URL(attribute(form, 'action') ?? url, url).href, fields, buttons: new Set(names) }
}
