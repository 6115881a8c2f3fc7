/** One target of a test world: staging or production, each with its own role. */
export type WorldTarget = {
  readonly name: string
  readonly description: string
  readonly maxDuration: string
  readonly labels: readonly string[]
  /** Length of a slice, as the configuration writes it; as the endpoint does by itself where absent. */
  readonly renewEvery?: string
  /** Name of the role where it is not the one that the cloud has. */
  readonly role?: string
  /** `false` where it opens no AWS account. */
  readonly aws?: false
  /** What else it opens, and how: lines of the configuration, without their indentation. */
  readonly more?: string
}

/** The role as an administrator would make it from `jit-endpoint trust aws`: exact subject, audience and target tag. */
export function awsRole({ name }: WorldTarget, issuer: string) {
  const key = issuer.replace(/^https?:\/\//, '')
  return {
    account: '123456789012',
    name: `jit-${name}`,
    trust: {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Federated: `arn:aws:iam::123456789012:oidc-provider/${key}` },
          Action: ['sts:AssumeRoleWithWebIdentity', 'sts:TagSession', 'sts:SetSourceIdentity'],
          Condition: {
            StringEquals: {
              [`${key}:aud`]: 'sts.amazonaws.com',
              [`${key}:sub`]: `jit:${name}`,
              'aws:RequestTag/jit-target': name,
            },
          },
        },
      ],
    },
    policies: {
      work: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: ['s3:*', 'sts:*'], Resource: '*' }] },
    },
  }
}
