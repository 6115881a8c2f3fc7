/** Restricted Damerau-Levenshtein distance: insert, delete, replace, swap of neighbours. */
function distance(from: string, to: string): number {
  let before: number[] = []
  let above = Array.from({ length: to.length + 1 }, (_, j) => j)
  for (let i = 1; i <= from.length; i++) {
    const row = [i]
    for (let j = 1; j <= to.length; j++) {
      const same = from[i - 1] === to[j - 1] ? 0 : 1
      const steps = [(above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (above[j - 1] ?? 0) + same]
      if (i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]) steps.push((before[j - 2] ?? 0) + 1)
      row.push(Math.min(...steps))
    }
    before = above
    above = row
  }
  return above[to.length] ?? 0
}

/** The known name that was probably meant, if one is near enough: at most a third of the letters differ. */
export function nearest(typed: string, known: readonly string[]): string | undefined {
  const wanted = typed.toLowerCase()
  const near = known
    .filter((name) => Math.abs(name.length - wanted.length) <= 3)
    .map((name) => ({ name, cost: distance(wanted, name.toLowerCase()) }))
    .filter(({ name, cost }) => cost <= Math.max(1, Math.floor(name.length / 3)))
  return near.toSorted((a, b) => a.cost - b.cost)[0]?.name
}
