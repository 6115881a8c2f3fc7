import type { Formats } from './sinks/shared-file.ts'

/** Every format there is. Loaded one by one: whoever has AWS alone never loads the rest. */
export const FORMATS: Formats = {
  'aws-credentials': async () => (await import('./sinks/formats/aws-credentials.ts')).awsCredentials,
  kubeconfig: async () => (await import('./sinks/formats/kubeconfig.ts')).kubeconfig,
}
