/** The cloud's own clock: starts at wall time, runs with it, and is stepped by tests. Independent of every client's. */
export type CloudClock = { readonly now: () => number; readonly advance: (seconds: number) => void }

export function createCloudClock(wallNow: () => number): CloudClock {
  let ahead = 0
  return {
    now: () => wallNow() + ahead,
    advance(seconds) {
      ahead += seconds * 1000
    },
  }
}
