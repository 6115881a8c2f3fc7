import { endOfLine } from '../../src/base/lines.ts'
import { awsCredentials } from '../../src/client/sinks/formats/aws-credentials.ts'
import type { Format } from '../../src/client/sinks/formats/types.ts'

/** An edit by another program: the same on a file with our entry in it as on one without. */
export type Edit = (bytes: Buffer) => Buffer

/** What the suite over all formats needs to know of one. Add yours to {@link FORMAT_SUBJECTS}. */
export type FormatSubject = {
  readonly format: Format
  /** Files that the client reads, as users have them; an absent file is tried besides. */
  readonly originals: Readonly<Record<string, string | Buffer>>
  readonly unreadable: Readonly<Record<string, string | Buffer>>
  /** A file in which the user has an entry of this name. */
  readonly taken: (profile: string) => string
  /** Contents of an entry, as its sink makes them; every text of {@link secrets} for the same mark is in it. */
  readonly content: (of: { readonly lease: string; readonly profile: string; readonly mark: string }) => string
  /** Texts of at least 16 characters; none where the format holds no secret. */
  readonly secrets: (mark: string) => readonly string[]
  /** What other programs do meanwhile, to something else than our entry. */
  readonly edits: Readonly<Record<string, Edit>>
  /** The file as a tool writes it anew that keeps no mark of ours; absent where none of them goes that way. */
  readonly unmarked?: Edit
  readonly asDefault?: boolean
}

const appended =
  (text: string): Edit =>
  (bytes) => {
    const glue = bytes.length === 0 || bytes.at(-1) === 10 ? '' : endOfLine(bytes)
    return Buffer.concat([bytes, Buffer.from(glue + text)])
  }
const prepended =
  (text: string): Edit =>
  (bytes) =>
    Buffer.concat([Buffer.from(text), bytes])

/** Every format there is. */
export const FORMAT_SUBJECTS: Readonly<Record<string, FormatSubject>> = {
  'aws-credentials': {
    format: awsCredentials,
    originals: {
      'one profile': '[default]\naws_access_key_id = A\naws_secret_access_key = B\n',
      nothing: '',
      CRLF: '[default]\r\nregion = a\r\n',
      'mixed ends': '[default]\r\nregion = a\n[b]\nk = v\r\n',
      'no final newline': '[default]\nregion = a',
      'CRLF, no final newline': '[default]\r\nregion = a',
      'nested blocks': '[default]\ns3 =\n  max = 1\n\n[b]\ns3 =\n\tmin = 2\n',
      'odd names': '[my.org]\nk = v\n[ a b ]\n["quoted"]\n[é]\n',
      'comments only': '# mine\n\n; mine too',
    },
    unreadable: {
      'a byte order mark': '\ufeff[a]\n',
      'UTF-16': Buffer.from('[a]\n', 'utf16le'),
      'a duplicate section': '[a]\n[a]\n',
      'a garbage line': '[a]\ngarbage\n',
    },
    taken: (profile) => `[default]\n[${profile}]\naws_access_key_id = MINE\n`,
    content: ({ lease, profile, mark }) =>
      [
        `[${profile}]`,
        `aws_access_key_id = ASIAEXAMPLEKEYID${mark}`,
        `aws_secret_access_key = SECRETwJalrXUtnFEMIK7MDENG${mark}`,
        `aws_session_token = TOKENIQoJb3JpZ2luX2Vj${mark}==`,
        'x_security_token_expires = 2027-01-15T08:00:00Z',
        `x_jit_grant = ${lease}`,
      ].join('\n'),
    secrets: (mark) => [
      `ASIAEXAMPLEKEYID${mark}`,
      `SECRETwJalrXUtnFEMIK7MDENG${mark}`,
      `TOKENIQoJb3JpZ2luX2Vj${mark}==`,
    ],
    edits: {
      'appends a profile': appended('[theirs]\nk = v\n'),
      'appends a comment': appended('# theirs\n'),
      'puts a profile first': prepended('[first]\nk = v\n'),
    },
    unmarked: (bytes) => Buffer.from(bytes.toString('latin1').replaceAll(/^# (>>>|<<<) jit [^\n]*\n/gm, ''), 'latin1'),
  },
}
