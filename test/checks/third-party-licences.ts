import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

type Lock = {
  readonly packages: Readonly<
    Record<
      string,
      {
        readonly version?: string
        readonly license?: string
        readonly dev?: boolean
        readonly optional?: boolean
        readonly devOptional?: boolean
      }
    >
  >
}

/** Names and licence texts of all packages that the bundle may contain: those that package-lock.json does not call dev or optional. */
export function thirdPartyLicences(root: string): string {
  const { packages } = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')) as Lock
  const parts: string[] = []
  for (const [place, { version, license, dev, optional, devOptional }] of Object.entries(packages)) {
    if (place === '' || dev === true || optional === true || devOptional === true) continue
    const name = place.replace(/^.*node_modules\//, '')
    parts.push(`${name} ${version} (${license ?? 'see text'})\n\n${textIn(path.join(root, place))}`)
  }
  if (parts.length < 10) throw new Error('package-lock.json names hardly any package')
  return `${parts.join(`\n${'-'.repeat(80)}\n\n`)}\n`
}

function textIn(directory: string): string {
  const file = readdirSync(directory).find((each) => /^(licen[cs]e|copying|notice)/i.test(each))
  return file === undefined
    ? '(no licence file in the package)'
    : readFileSync(path.join(directory, file), 'utf8').trim()
}
