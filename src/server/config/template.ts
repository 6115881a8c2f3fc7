/** The URLs that `jit-endpoint init` asks for. Both are checked before. */
export type Beginning = { readonly endpoint: string; readonly issuer: string }

/** A configuration to start from. Two values are left blank; `jit-endpoint check` names their lines. */
export const configTemplate = ({ endpoint, issuer }: Beginning): string => `\
# Configuration of jit-endpoint. Every field: docs/configuration.md. To check it: jit-endpoint check

# What users type after \`jit login\`, and what clouds know this endpoint by. It cannot be changed later without
# setting up the trust of every cloud again.
endpoint: ${JSON.stringify(endpoint)}

listen:
  host: 127.0.0.1
  port: 8080
  # Without tls a reverse proxy must do HTTPS. Relative paths start at this file.
  # tls: { certificate: tls/fullchain.pem, key: tls/key.pem }

# Reverse proxies whose X-Forwarded-For is believed. Policies decide by the address it gives.
trustedProxies: []

store:
  kind: sqlite
  # The signing keys lie there. The first start makes the directory, for its own user only.
  path: data/jit-endpoint.sqlite
  # For several replicas; the URL with its password comes from the environment.
  # kind: postgres
  # url: \${JIT_ENDPOINT_DATABASE_URL}

# The company's identity provider.
idp:
  issuer: ${JSON.stringify(issuer)}
  clients:
    # Register one public client per flow, so that the IdP's conditional access can tell them apart.
    browser: "" # fill in: client id for the browser flow, redirect URI http://127.0.0.1 with any port
    # device: jit-device # turns on the device flow for machines without a browser
  scopes: [openid, profile, email]
  # Claim of the ID token that lists the groups which policies name.
  groupsClaim: groups

session:
  accessToken: 15m

requests:
  # How long a request waits for people.
  pending: 8h

policy:
  - policy.cedar

aws:
  audience: sts.amazonaws.com

# Jobs of pipelines log in with the token of their platform; no secret is stored. Every provider: docs/ci-administrator.md
# workloads:
#   issuers:
#     - preset: github
#   pipelines:
#     - name: deploy-prod
#       issuer: github
#       # Ids, because names can be taken over: gh api repos/OWNER/REPO --jq .id
#       match: { repository_id: "123456", environment: production, ref: refs/heads/main }

# What people can elevate to: one cloud, or several at once. \`jit-endpoint trust aws\` (or gcp, azure, kubernetes) prints
# the Terraform that makes the cloud agree.
targets:
  - name: prod-db
    description: Production database account, administrator
    maxDuration: 4h
    labels: [env=prod, team=data]
    # A machine that hears nothing from this endpoint for a minute wipes what it has of the target.
    # channel: strict
    aws:
      role: "" # fill in: arn:aws:iam::<account>:role/jit-prod-db
      region: eu-central-1
      # Only as much as the task needs; without it the role's own permissions count.
      # sessionPolicy:
      #   - { Effect: Allow, Action: ["rds:*"], Resource: "*" }
    # The same grant can open other clouds too.
    # gcp:
    #   project: corp-prod
    #   provider: projects/123456789012/locations/global/workloadIdentityPools/jit-pool/providers/jit-endpoint
    #   roles: [roles/cloudsql.admin]
    # azure:
    #   tenant: 3f2a9c1e-0d4b-4c66-9a55-7be1d2f0c8a1
    #   client: 8e1b7a52-91c4-4f0e-b7a6-0c5d3e2f1a90
    #   subscription: c4d0f6b1-2a3e-4d5c-8b7a-9e0f1a2b3c4d
    #   role: SQL DB Contributor
    # kubernetes:
    #   cluster: prod-eu
    #   server: https://k8s.prod.corp.example:6443
    #   audience: https://k8s.prod.corp.example

  - name: sandbox
    description: Sandbox account
    maxDuration: 8h
    labels: [env=dev]
    aws:
      role: "" # fill in: arn:aws:iam::<account>:role/jit-sandbox
      region: eu-central-1
`

/** Policies to start from, for the targets of {@link configTemplate}. */
export const policyTemplate = (): string => `\
// Who may elevate to what. Everything is denied until a policy permits it, and a forbid always wins.
// Every attribute and annotation: docs/policy.md. To check this file: jit-endpoint check

// Database people may ask for production, two hours at most. One person must approve.
@id("dba-may-ask")
@quorum("1")
@maxDuration("2h")
permit (
  principal in Group::"dba",
  action == Action::"request",
  resource == Target::"prod-db"
);

// Who approves production. Nobody ever approves his own request.
@id("sre-approves")
permit (
  principal in Group::"sre",
  action == Action::"approve",
  resource
)
when { resource.labels.contains("env=prod") };

// Engineers get development targets for an hour at once, without anybody's approval.
@id("engineers-develop")
@maxDuration("1h")
permit (
  principal in Group::"engineers",
  action in [Action::"request", Action::"autoApprove"],
  resource
)
when { resource.labels.contains("env=dev") };

// Production asks people for a second factor and a reason that says something. Pipelines have no second factor; what they
// may is permitted to them by name: principal in Pipeline::"deploy-prod".
@id("prod-needs-mfa")
@why("Log in with a second factor, and give a reason of at least 10 characters.")
forbid (
  principal is User,
  action == Action::"request",
  resource
)
when { resource.labels.contains("env=prod") }
unless { context.amr.contains("mfa") && context.reasonLength >= 10 };

// Device codes can be phished, so they do not open production.
@id("no-device-flow-in-prod")
@why("Use the browser login for production.")
forbid (
  principal,
  action,
  resource
)
when { resource.labels.contains("env=prod") && context.flow == "device" };

// Who may throw and lift the kill switch: jit kill. It takes a second factor.
@id("security-administers")
permit (
  principal in Group::"security",
  action == Action::"administer",
  resource
)
when { context.amr.contains("mfa") };
`
