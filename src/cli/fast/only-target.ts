/** The one word of a command line, where that is all and no flag. */
export const onlyTarget = ([target, ...more]: readonly string[]): string | undefined =>
  target === undefined || more.length > 0 || target.startsWith('-') ? undefined : target
