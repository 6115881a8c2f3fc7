/** From here on `az` keeps tokens where these formats are read (msal-based-azure-cli). */
export const FIRST_WITH_MSAL = [2, 30] as const
/** The last one known to keep tokens in plain text on Linux and macOS unless told otherwise; a change is on its way (azure-cli#33849). */
export const LAST_KNOWN_PLAIN = [2, 85] as const

export function isBefore(version: string, [major, minor]: readonly [number, number]): boolean {
  const [theirMajor = 0, theirMinor = 0] = version.split('.').map(Number)
  return theirMajor < major || (theirMajor === major && theirMinor < minor)
}

export const isAfter = (version: string, [major, minor]: readonly [number, number]): boolean =>
  !isBefore(version, [major, minor + 1])

/** What a person ought to know of an `az` that jit has not been tried with. */
export function versionNotes(version: string | undefined): readonly string[] {
  if (version !== undefined && isBefore(version, FIRST_WITH_MSAL))
    return [`# This Azure CLI (${version}) is older than 2.30 and does not read these files: update it.`]
  if (version !== undefined && isAfter(version, LAST_KNOWN_PLAIN))
    return [`# This Azure CLI (${version}) is newer than jit has been tried with.`]
  return []
}
