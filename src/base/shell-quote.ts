export const PROMPTING_SHELLS = ['bash', 'zsh', 'fish', 'pwsh'] as const
export type PromptingShell = (typeof PROMPTING_SHELLS)[number]

/** One word that stands for `value` as it is, whatever characters are in it. */
export const quoteFor = (shell: PromptingShell, value: string): string => `'${ESCAPED[shell](value)}'`

const posix = (value: string): string => value.replaceAll("'", String.raw`'\''`)

const ESCAPED: Readonly<Record<PromptingShell, (value: string) => string>> = {
  bash: posix,
  zsh: posix,
  fish: (value) => value.replaceAll(/[\\']/g, String.raw`\$&`),
  // PowerShell takes the curly quotes for the straight one (about_Quoting_Rules).
  pwsh: (value) => value.replaceAll(/['\u2018-\u201b]/g, '$&$&'),
}
