/** For the one child of `jit exec` in this mode, and for nobody else: it is the token itself. */
export const gcloudTokenVariables = (accessToken: string): Readonly<Record<string, string>> => ({
  CLOUDSDK_AUTH_ACCESS_TOKEN: accessToken,
})
