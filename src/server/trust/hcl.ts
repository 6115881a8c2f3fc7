/** A Terraform string. `${` and `%{` would start a template, so they are doubled (Terraform language, "Strings and Templates"). */
export function quote(text: string): string {
  return JSON.stringify(text)
    .replaceAll('${', '$$${')
    .replaceAll('%{', '%%{')
    .replace(/[\u007f-\u009f\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

export const list = (texts: readonly string[]): string => `[${texts.map(quote).join(', ')}]`

/** A name for `resource`, from a target's name. Target names have no underscore, so no two meet. */
export const label = (name: string): string => name.replaceAll('-', '_')

/** Lines for a heredoc (`<<-`), indented; in it, too, `${` and `%{` would start a template. */
export const heredoc = (text: string, indent: string): string =>
  text.replaceAll('${', '$$${').replaceAll('%{', '%%{').replace(/^/gm, indent)
