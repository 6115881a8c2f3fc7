import { expect, test } from 'vitest'
import { verificationUrl } from '../../../../src/client/identity/verification-url.ts'

const IDP = 'https://idp.corp.example/realms/main'

test.each([
  ['https://idp.corp.example/device', IDP],
  ['https://idp.corp.example:443/device?user_code=AB', IDP],
  ['https://microsoft.com/devicelogin', 'https://login.microsoftonline.com/tenant/v2.0'],
  ['https://www.google.com/device', 'https://accounts.google.com'],
  ['http://127.0.0.1:8080/device', 'http://127.0.0.1:8080'],
  ['https://idp.corp.example\\@evil.example/', IDP], // shown as browsers read it: idp.corp.example/@evil.example/
])('%s is a page of %s', (url, issuer) => {
  expect(verificationUrl(url, issuer)).toBe(new URL(url).href)
})

test.each([
  'https://idp.corp.example.evil.example/device',
  'https://evil.example/idp.corp.example',
  'https://login.idp.corp.example/device',
  'https://corp.example/device',
  'https://idp.corp.example@evil.example/device',
  'https://alice@idp.corp.example/device',
  'https://:secret@idp.corp.example/device',
  'https://alice:secret@idp.corp.example/device',
  'https://idp.corp.example:8443/device',
  'http://idp.corp.example/device',
  'https://xn--dp-uvb.corp.example/device',
  'https://www.google.com/device',
  'javascript:alert(1)',
  'file:///etc/passwd',
  '//idp.corp.example/device',
  '/device',
  '',
])('%s is no page of the IdP', (url) => {
  expect(() => verificationUrl(url, IDP)).toThrow(expect.objectContaining({ code: 'LOGIN_FAILED' }))
})

test('loopback is a page of a loopback IdP only, at the same port', () => {
  expect(() => verificationUrl('http://127.0.0.1:8081/device', 'http://127.0.0.1:8080')).toThrow('not its own')
  expect(() => verificationUrl('http://127.0.0.1:8080/device', IDP)).toThrow('not its own')
})

test.each([
  ['https://www.google.com/url?q=https://evil.example', 'https://accounts.google.com'],
  ['https://microsoft.com/', 'https://login.microsoftonline.com/tenant/v2.0'],
])("of a vendor's other host only the page for codes counts: %s", (text, issuer) => {
  expect(() => verificationUrl(text, issuer)).toThrow('not its own')
})
