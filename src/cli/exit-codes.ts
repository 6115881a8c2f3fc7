/** What scripts may rely on; codes of `EXIT_CODE` in base/errors.ts, and of the signals in run.ts. */
export const EXIT_CODE_MEANING = {
  0: 'done',
  1: 'a bug in jit',
  2: 'usage or settings: the command line is wrong, it asks for what there cannot be, or something needed is not configured',
  3: 'denied by policy or by a person, or too late: the request is decided already, or the grant is over',
  4: 'log in first: jit login',
  5: 'no decision yet, or nobody decided in time',
  6: 'endpoint, identity provider, cloud or network: not reachable, overloaded, or it answered wrongly; may pass',
  7: 'the cloud refused',
  8: 'writing or wiping on this machine failed; nothing is left half-written',
  9: 'not found: no such target, request or grant',
  126: 'jit exec: the program is there and cannot be executed',
  127: 'jit exec: there is no such program',
  129: 'ended by SIGHUP: the terminal was closed',
  130: 'interrupted by Ctrl-C',
  143: 'ended by SIGTERM',
} as const

/** `wrap` breaks a text into lines of so many cells. */
export const exitCodesText = (columns: number, wrap: (text: string, cells: number) => string): string =>
  Object.entries(EXIT_CODE_MEANING)
    .map(
      ([code, meaning]) => `${code.padStart(4)}  ${wrap(meaning, columns - 6).replaceAll('\n', `\n${' '.repeat(6)}`)}`,
    )
    .join('\n')
