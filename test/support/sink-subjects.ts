import { AwsFiles } from '../../src/client/sinks/aws-files.ts'
import type { Delivery, Sink } from '../../src/client/sinks/types.ts'
import { nodeFileSystem } from '../../src/platform/files.ts'
import { awsDelivery } from './aws-lease.ts'
import type { FakeClock } from './fake-clock.ts'
import type { TempHome } from './temp-home.ts'

/** What the suite needs to know of a sink: how to make it, what to hand it, and what its user's file may hold. */
export type SinkSubject = {
  readonly make: (home: TempHome, clock: FakeClock, env?: Readonly<Record<string, string>>) => Sink
  readonly delivery: (profile: string, grant: string, mark?: string) => Delivery
  readonly originals: Readonly<Record<string, string>>
  readonly unreadable: Readonly<Record<string, string | Buffer>>
  readonly taken: (profile: string) => string
  readonly fileVariable: string
}

/** Every sink there is; the contract suite runs over each. */
export const SINKS: Readonly<Record<string, SinkSubject>> = {
  'aws-files': {
    make: (home, clock, env = {}) =>
      new AwsFiles({ fs: nodeFileSystem, clock, env, home: home.home, uid: process.getuid?.() ?? 0 }),
    delivery: awsDelivery,
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
      '1 MB': `[default]\n${'# long comment\n'.repeat(70_000)}k = v`,
    },
    unreadable: {
      'a byte order mark': '\ufeff[a]\n',
      'UTF-16': Buffer.from('[a]\n', 'utf16le'),
      'a duplicate section': '[a]\n[a]\n',
      'a garbage line': '[a]\ngarbage\n',
    },
    taken: (profile) => `[default]\n[${profile}]\naws_access_key_id = MINE\n`,
    fileVariable: 'AWS_SHARED_CREDENTIALS_FILE',
  },
}
