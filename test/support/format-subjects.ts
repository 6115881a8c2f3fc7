import { stringify } from 'yaml'
import { endOfLine } from '../../src/base/lines.ts'
import { awsConfig } from '../../src/client/sinks/formats/aws-config.ts'
import { awsCredentials } from '../../src/client/sinks/formats/aws-credentials.ts'
import { kubeconfig } from '../../src/client/sinks/formats/kubeconfig.ts'
import type { Format } from '../../src/client/sinks/formats/types.ts'
import { asKubectlWrites } from './as-kubectl-writes.ts'
import { USUAL } from './kubeconfig-entries.ts'
import { AZ_FORMAT_SUBJECTS } from './azure-subjects.ts'

/** An edit by another program: the same on a file with our entry in it as on one without. */
export type Edit = (bytes: Buffer) => Buffer

/** What the suite over all formats needs to know of one. Add yours to {@link FORMAT_SUBJECTS}. */
export type FormatSubject = {
  readonly format: Format
  /** Files that the client reads, as users have them; an absent file is tried besides. */
  readonly originals: Readonly<Record<string, string | Buffer>>
  readonly unreadable: Readonly<Record<string, string | Buffer>>
  /** A file in which the user has an entry of this name; absent where entries have none. */
  readonly taken?: (profile: string) => string
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

/** As `kubectl config set-cluster` and its like do it: the whole file anew. */
const byKubectl =
  (change: (text: string) => string): Edit =>
  (bytes) =>
    Buffer.from(change(asKubectlWrites(bytes.toString('utf8'))))

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
  kubeconfig: {
    format: kubeconfig,
    originals: {
      'as kubectl writes it': USUAL,
      nothing: '',
      CRLF: USUAL.replaceAll('\n', '\r\n'),
      'mixed ends': USUAL.replace('kind: Config\n', 'kind: Config\r\n'),
      'no final newline': USUAL.trimEnd(),
      'a byte order mark': `\ufeff${USUAL}`,
      'lists that are not there': 'apiVersion: v1\nclusters: # none\ncontexts: ~\n',
      'brackets and comments': '# mine\n---\nclusters: [ ] # none\nusers: [{"name": "a", "user": {}}]\n',
      JSON: '{\n\t"kind": "Config",\n\t"users": [\n\t\t{"name": "a", "user": {"token": "x"}}\n\t]\n}',
      'comments only': '# mine\n\n# mine too',
    },
    unreadable: {
      'two of one name': 'clusters:\n- name: a\n- name: a\n',
      'a tab as indentation': 'clusters:\n-\tname: a\n',
      'a number for a name': 'users: [{name: 1}]\n',
      'another kind': 'kind: Pod\n',
      'no YAML': 'clusters: [\n',
    },
    taken: (profile) => `contexts: [{"name": "${profile}", "context": {"cluster": "mine"}}]\n`,
    content: ({ profile }) =>
      JSON.stringify({
        cluster: { server: 'https://k8s.example' },
        context: { cluster: profile, user: profile },
        user: { exec: { command: 'jit', args: ['kube-credential', profile] } },
        asDefault: true,
      }),
    secrets: () => [],
    edits: {
      'appends a comment': appended('# theirs\n'),
      'kubectl adds a cluster': byKubectl((text) => text.replace(/^clusters:( null)?$/m, `clusters:\n${THEIRS}`)),
    },
    asDefault: true,
  },
  'aws-config': {
    format: awsConfig,
    originals: {
      'one profile': '[default]\nregion = a\n\n[profile b]\nsource_profile = default\n',
      nothing: '',
      CRLF: '[default]\r\nregion = a\r\n',
      'no final newline': '[profile b]\nregion = a',
      'other sections': '[sso-session s]\nsso_region = a\n[services x]\ns3 =\n  endpoint_url = https://x\n',
    },
    unreadable: { 'a duplicate section': '[a]\n[a]\n', 'a garbage line': '[a]\ngarbage\n' },
    taken: (profile) => `[profile ${profile}]\nregion = a\n`,
    content: ({ lease, profile }) =>
      [
        `[profile ${profile}]`,
        'region = eu-west-1',
        'credential_process = /bin/jit credential-process prod-db',
        `x_jit_grant = ${lease}`,
      ].join('\n'),
    secrets: () => [],
    edits: {
      'appends a profile': appended('[profile theirs]\nk = v\n'),
      'appends a comment': appended('# theirs\n'),
    },
  },
  ...AZ_FORMAT_SUBJECTS,
}

const THEIRS = stringify([{ cluster: { server: 'https://theirs.example' }, name: 'a-theirs' }]).trimEnd()
