import { type Http, HttpError, type HttpFailure, type HttpRequest } from '../../src/platform/http.ts'

/** What the other side says to one request: status and JSON (or a text as it is), or why nothing comes. */
export type Said =
  | {
      readonly status?: number
      readonly json?: unknown
      readonly text?: string
      readonly headers?: Readonly<Record<string, string>>
    }
  | HttpFailure

/** An {@link Http} that a script answers. It keeps what it was asked; one that was aborted before fails as the real one does. */
export function scriptedHttp(script: (request: HttpRequest, index: number) => Said) {
  const asked: HttpRequest[] = []
  const http: Http = async (request) => {
    request.signal?.throwIfAborted()
    asked.push(request)
    const said = script(request, asked.length - 1)
    if (typeof said === 'string') throw new HttpError(said, `${new URL(request.url).host} says ${said}`)
    const { status = 200, json, text = JSON.stringify(json), headers } = said
    return { status, headers: new Headers({ 'content-type': 'application/json', ...headers }), text }
  }
  return { http, asked }
}

/** The fields of a form that was sent. */
export const formOf = ({ body = '' }: HttpRequest): Readonly<Record<string, string>> =>
  Object.fromEntries(new URLSearchParams(body))
