import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasOpenssl, makeCertificate } from '../../../support/certificate.ts'
import { KUBERNETES, type Extra, accessOf, faultsOf, also } from '../../../support/cloud-config.ts'
import { tempDirectory } from '../../../support/temp-directory.ts'

describe.skipIf(!hasOpenssl)("the file of a cluster's authority", () => {
  const text = also(KUBERNETES, 'certificateAuthority: k8s/ca.pem')
  const directory = tempDirectory()
  let [pem, key] = ['', '']
  beforeAll(() => {
    const made = makeCertificate(directory.path, 'k8s.prod.corp.example')
    pem = readFileSync(made.ca, 'utf8')
    key = made.key
  })
  afterAll(() => directory.remove())
  const withFile = (content: string): Extra => ({ files: { '/etc/jit/k8s/ca.pem': content } })

  test('is read, and only its certificates are kept', async () => {
    const read = await accessOf(text, withFile(`Subject: CN=test ca\r\n${pem}\nand another\n${pem}`))
    expect(read?.kubernetes?.certificateAuthority).toBe(`${pem.trim()}\n${pem.trim()}\n`)
  })

  test.each([
    ['is not there', () => ({}), '/etc/jit/k8s/ca.pem cannot be read: ENOENT'],
    ['is empty', () => withFile(''), 'is no PEM file with certificates and nothing else'],
    [
      'has a private key, which would be handed to everybody',
      () => withFile(pem + key),
      'is no PEM file with certificates',
    ],
    [
      'calls its certificate something else, which not every client reads',
      () => withFile(pem.replaceAll('CERTIFICATE', 'X509 CERTIFICATE')),
      'is no PEM file',
    ],
    ['has a broken certificate', () => withFile(pem.replace(/\n[^-].{8}/, '\nAAAAAAAA')), 'is no PEM file'],
  ])('that %s is refused by line and field', async (_what, extra, expected) => {
    const faults = await faultsOf(text, extra())
    expect(faults).toEqual([expect.stringContaining('c.yaml:12: targets[0].kubernetes.certificateAuthority: ')])
    expect(faults.join()).toContain(expected)
    expect(faults.join()).not.toContain('BEGIN')
  })
})
