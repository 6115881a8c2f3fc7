// Arrows only ever point down this list. Run by `npm run check:architecture` and in CI.
//   cli  server        entry points, never import each other
//   client             features are islands; only files directly in client/ combine them
//   platform           the only code that touches disk, processes, clock and network
//   base               pure
//   contract           what travels between CLI and endpoint; imports nothing
const only = (name, from, to, comment) => ({
  name,
  severity: 'error',
  comment,
  from: { path: from },
  to: { path: '^src/', pathNot: to },
})
const packages = (names) => `node_modules/(${names})(/|$)`
const CORE_IO =
  '^(node:)?(fs|fs/promises|child_process|os|net|tls|http|https|http2|dns|dns/promises|dgram|readline|worker_threads|cluster|sqlite)$'

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', comment: 'Type-only cycles count too.', from: {}, to: { circular: true } },
    only(
      'contract-is-a-leaf',
      '^src/contract/',
      '^src/contract/',
      'Both sides of the wire read it, so it reads nobody.',
    ),
    only('base-is-pure', '^src/base/', '^src/(base|contract)/'),
    only('platform-knows-no-feature', '^src/platform/', '^src/(platform|base|contract)/'),
    only('client-below-cli', '^src/client/', '^src/(client|platform|base|contract)/'),
    only('server-stands-alone', '^src/server/', '^src/(server|platform|base|contract)/'),
    only('cli-never-imports-server', '^src/cli/', '^src/(cli|client|platform|base|contract)/'),
    {
      name: 'client-features-are-islands',
      severity: 'error',
      comment: 'Combine features in src/client/*.ts, not in each other.',
      from: { path: '^src/client/([^/]+)/' },
      to: { path: '^src/client/', pathNot: '^src/client/($1/|.*/types[.]ts$)' },
    },
    {
      name: 'server-features-are-islands',
      severity: 'error',
      comment: 'Combine features in src/server/*.ts and src/server/http/.',
      from: { path: '^src/server/([^/]+)/', pathNot: '^src/server/http/' },
      to: { path: '^src/server/', pathNot: '^src/server/($1/|refusal[.]ts$|[^/]+/types[.]ts$)' },
    },
    {
      name: 'commands-do-not-call-commands',
      severity: 'error',
      from: { path: '^src/cli/commands/([^/]+)' },
      to: { path: '^src/cli/commands/', pathNot: '^src/cli/commands/$1' },
    },
    {
      name: 'io-only-in-platform',
      severity: 'error',
      comment: 'Ask src/platform for it, so that a test can hand in its own.',
      from: { path: '^src/', pathNot: '^src/(platform/|(cli|server)/main[.]ts$)' },
      to: { path: CORE_IO },
    },
    {
      name: 'terminal-only-in-cli',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(cli/|server/(main[.]ts$|commands/))' },
      to: { path: packages('commander|@inquirer|chalk|ora') },
    },
    {
      name: 'aws-sdk-only-in-its-exchange',
      comment: 'And where a role of AWS is the identity of a workload.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/((client|server)/exchange|client/workload)/aws' },
      to: { path: packages('@aws-sdk|@smithy') },
    },
    {
      name: 'google-sdk-only-in-its-exchange',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(client|server)/exchange/g(cp|oogle)' },
      to: { path: packages('google-auth-library|gaxios|gcp-metadata') },
    },
    {
      name: 'azure-sdk-only-in-its-exchange',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(client|server)/exchange/azure' },
      to: { path: packages('@azure') },
    },
    {
      name: 'database-only-in-store',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/server/store/' },
      to: { path: packages('kysely|pg') },
    },
    {
      name: 'policy-engine-only-in-policy',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/server/policy/' },
      to: { path: packages('@cedar-policy') },
    },
    { name: 'src-never-imports-test', severity: 'error', from: { path: '^src/' }, to: { path: '^test/' } },
    {
      name: 'no-undeclared-or-dev-package',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'unknown', 'undetermined'] },
    },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, path: '^src/', pathNot: '(main|[.]d)[.]ts$' },
      to: {},
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'types', 'default'],
    },
  },
}
