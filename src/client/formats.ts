import type { Formats } from './sinks/shared-file.ts'

/** Every format there is. Loaded one by one: whoever has AWS alone never loads the rest. */
export const FORMATS: Formats = {
  'aws-credentials': async () => (await import('./sinks/formats/aws-credentials.ts')).awsCredentials,
  'aws-config': async () => (await import('./sinks/formats/aws-config.ts')).awsConfig,
  'az-profile': async () => (await import('./sinks/formats/az-profile.ts')).azProfile,
  'az-token-cache': async () => (await import('./sinks/formats/az-token-cache.ts')).azTokenCache,
  'az-service-principals': async () => (await import('./sinks/formats/az-service-principals.ts')).azServicePrincipals,
  'az-clouds': async () => (await import('./sinks/formats/az-clouds.ts')).azClouds,
  kubeconfig: async () => (await import('./sinks/formats/kubeconfig.ts')).kubeconfig,
}
