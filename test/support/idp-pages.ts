import type { ErrorOut, KoaContextWithOIDC, Provider } from 'oidc-provider'
import type { IdpUser } from './idp.ts'

/** One page: log in as somebody known and consent, or say no. */
export function interactions(provider: Provider, users: Readonly<Record<string, IdpUser>>) {
  return async (ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> => {
    if (!ctx.path.startsWith('/interaction/')) return next()
    const details = await provider.interactionDetails(ctx.req, ctx.res)
    if (ctx.method !== 'POST') {
      ctx.type = 'html'
      ctx.body = details.prompt.name === 'login' ? loginPage(users) : consentPage(String(details.params['scope']))
      return
    }
    const form = await readForm(ctx)
    if (form.has('deny'))
      return await finish({ error: 'access_denied', error_description: 'End-User aborted interaction' })
    if (details.prompt.name === 'login') {
      const user = form.get('login') ?? ''
      if (!Object.hasOwn(users, user)) {
        ctx.status = 403
        ctx.type = 'html'
        ctx.body = loginPage(users, 'Nobody here has that name.')
        return
      }
      return await finish({ login: { accountId: user, amr: [...(users[user]?.amr ?? [])] } })
    }
    const grant = new provider.Grant({
      accountId: details.session?.accountId ?? '',
      clientId: String(details.params['client_id']),
    })
    grant.addOIDCScope(String(details.params['scope']))
    return await finish({ consent: { grantId: await grant.save() } })

    async function finish(result: Parameters<Provider['interactionResult']>[2]): Promise<void> {
      ctx.redirect(await provider.interactionResult(ctx.req, ctx.res, result, { mergeWithLastSubmission: true }))
    }
  }
}

export function userCodeInput(ctx: KoaContextWithOIDC, form: string, _out?: ErrorOut, error?: Error): void {
  const said = error === undefined ? '' : `<p class="problem">${html(error.message)}</p>`
  page(ctx, 'Enter the code', `${said}${form}<button type="submit" form="op.deviceInputForm">Continue</button>`)
}

export function userCodeConfirm(
  ctx: KoaContextWithOIDC,
  form: string,
  _client: unknown,
  _device: unknown,
  code: string,
): void {
  const buttons =
    '<button type="submit" form="op.deviceConfirmForm">Continue</button>' +
    '<button type="submit" form="op.deviceConfirmForm" value="yes" name="abort">Abort</button>'
  page(ctx, 'Is this the code on your screen?', `<p><code>${html(code)}</code></p>${form}${buttons}`)
}

export function deviceDone(ctx: KoaContextWithOIDC): void {
  page(ctx, 'Signed in', '<p>You can close this page.</p>')
}

export function failure(ctx: KoaContextWithOIDC, out: ErrorOut): void {
  page(ctx, 'Sign-in failed', `<p class="problem">${html(out.error)}: ${html(out.error_description ?? '')}</p>`)
}

function loginPage(users: Readonly<Record<string, IdpUser>>, problem = ''): string {
  const names = Object.keys(users).join(', ')
  return layout(
    'Sign in',
    `<p class="problem">${html(problem)}</p><form method="post"><label>Name (${html(names)})
     <input type="text" name="login" autofocus></label><button type="submit">Sign in</button>
     <button type="submit" name="deny" value="yes">Cancel</button></form>`,
  )
}

function consentPage(scope: string): string {
  return layout(
    'Allow jit?',
    `<p>It asks for: ${html(scope)}</p><form method="post"><button type="submit">Allow</button>
     <button type="submit" name="deny" value="yes">Refuse</button></form>`,
  )
}

function page(ctx: KoaContextWithOIDC, title: string, body: string): void {
  ctx.type = 'html'
  ctx.body = layout(title, body)
}

const layout = (title: string, body: string): string =>
  `<!doctype html><meta charset="utf-8"><title>${title}</title><h1>${title}</h1>${body}`

const html = (text: string): string => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`)

async function readForm(ctx: KoaContextWithOIDC): Promise<URLSearchParams> {
  let text = ''
  for await (const chunk of ctx.req) text += String(chunk)
  return new URLSearchParams(text)
}
