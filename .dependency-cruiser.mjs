// The layout rules that are about imports (ARCHITECTURE.md, invariants). Each one fails the build.
const DOMAINS = [
  'tenancy',
  'keys',
  'audit',
  'identity',
  'access',
  'policies',
  'compliance',
  'privacy',
  'threats',
  'retention',
  'siem',
  'backup',
]
const TEST = '\\.test\\.ts$|/test/'

const domainOrder = DOMAINS.map((domain, i) => ({
  name: `${domain}-imports-only-earlier-domains`,
  severity: 'error',
  from: { path: `^apps/server/src/domains/${domain}/`, pathNot: TEST },
  to: { path: `^apps/server/src/domains/(${DOMAINS.slice(i + 1).join('|') || 'none'})/` },
}))

const domainDoor = DOMAINS.map((domain) => ({
  name: `${domain}-is-entered-through-its-index`,
  severity: 'error',
  from: { path: '^apps/server/src/', pathNot: [`^apps/server/src/domains/${domain}/`, TEST] },
  to: { path: `^apps/server/src/domains/${domain}/`, pathNot: `^apps/server/src/domains/${domain}/index\\.ts$` },
}))

export default {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true, dependencyTypesNot: ['type-only'] } },
    {
      name: 'core-imports-nothing',
      severity: 'error',
      from: { path: '^packages/core/src', pathNot: TEST },
      to: { pathNot: '^packages/core/src' },
    },
    {
      name: 'verifier-imports-only-core',
      severity: 'error',
      from: { path: '^packages/verifier/src', pathNot: TEST },
      to: { pathNot: ['^packages/(core|verifier)/', '^node:', '@noble/'], dependencyTypesNot: ['core'] },
    },
    {
      name: 'verifier-has-no-network',
      severity: 'error',
      from: { path: '^packages/verifier/src', pathNot: TEST },
      to: { path: '^(node:)?(net|http|https|http2|tls|dgram|dns)$' },
    },
    {
      name: 'contract-imports-only-zod',
      severity: 'error',
      from: { path: '^packages/contract/src', pathNot: TEST },
      to: { pathNot: ['^packages/contract/', 'node_modules/zod'] },
    },
    {
      name: 'sdk-imports-only-contract',
      severity: 'error',
      from: {
        path: '^packages/sdk/src',
        pathNot: [TEST, '^packages/sdk/src/(node|verify|queue/file-spool|transports/pino)\\.ts$'],
      },
      to: { pathNot: '^packages/(contract|sdk)/', dependencyTypesNot: ['type-only'] }, // it may know types of others
    },
    {
      name: 'sdk-for-node-imports-only-node',
      comment:
        'What runs in Node alone is entered by node.ts and by the transport of pino, and by nothing that runs in browsers too',
      severity: 'error',
      from: { path: '^packages/sdk/src', pathNot: [TEST, '^packages/sdk/src/(node|transports/pino)\\.ts$'] },
      to: { path: '^packages/sdk/src/(node|queue/file-spool)\\.ts$' },
    },
    {
      name: 'packages-never-import-apps',
      severity: 'error',
      from: { path: '^packages/', pathNot: TEST },
      to: { path: '^apps/' },
    },
    {
      name: 'apps-never-import-apps',
      severity: 'error',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'console-reaches-the-server-only-through-the-sdk',
      severity: 'error',
      from: { path: '^apps/console/src' },
      to: { path: '^packages/(?!sdk/|contract/)' },
    },
    {
      name: 'console-knows-of-the-contract-only-types',
      comment: 'Its schemas would come into the browser with all of zod',
      severity: 'error',
      from: { path: '^apps/console/src' },
      to: { path: '^packages/contract/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'only-stores-and-platform-use-the-driver',
      severity: 'error',
      from: { path: '^apps/server/src', pathNot: ['^apps/server/src/platform/', '/store[-a-z]*\\.ts$', TEST] },
      to: { path: 'node_modules/pg/' },
    },
    {
      name: 'rules-have-no-io',
      severity: 'error',
      from: { path: '/rules\\.ts$', pathNot: TEST },
      to: {
        path: ['/(store|service|routes)\\.ts$', '^node:', 'node_modules/pg/', 'node_modules/fastify/'],
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'platform-imports-no-domain',
      severity: 'error',
      from: { path: '^apps/server/src/platform/', pathNot: TEST },
      to: { path: '^apps/server/src/domains/' },
    },
    ...domainOrder,
    ...domainDoor,
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
      extensions: ['.ts', '.js', '.mjs', '.json'],
    },
  },
}
