import { at, type Json, type Resource, type Template } from './template.ts';

/** Types and versions whose properties were compiled and linted; another one is to be compiled before it is used. */
export const knownTypes = new Set([
  'Microsoft.Web/serverfarms@2024-11-01',
  'Microsoft.Web/sites@2025-03-01',
  'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-03-01',
  'Microsoft.Web/sites/config@2025-03-01',
  'Microsoft.Storage/storageAccounts@2025-01-01',
  'Microsoft.Storage/storageAccounts/blobServices@2025-01-01',
  'Microsoft.Storage/storageAccounts/blobServices/containers@2025-01-01',
  'Microsoft.Storage/storageAccounts/queueServices@2025-01-01',
  'Microsoft.Storage/storageAccounts/queueServices/queues@2025-01-01',
  'Microsoft.Storage/storageAccounts/tableServices@2025-01-01',
  'Microsoft.Storage/storageAccounts/tableServices/tables@2025-01-01',
  'Microsoft.Storage/storageAccounts/managementPolicies@2025-01-01',
  'Microsoft.KeyVault/vaults@2024-11-01',
  'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30',
  'Microsoft.OperationalInsights/workspaces@2025-02-01',
  'Microsoft.Insights/components@2020-02-02',
  'Microsoft.Insights/scheduledQueryRules@2023-12-01',
  'Microsoft.Insights/actionGroups@2023-01-01',
  'Microsoft.Insights/workbooks@2023-06-01',
  'Microsoft.Insights/diagnosticSettings@2021-05-01-preview',
  'Microsoft.Network/virtualNetworks@2024-07-01',
  'Microsoft.Network/privateEndpoints@2024-07-01',
  'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2024-07-01',
  'Microsoft.Network/privateDnsZones@2024-06-01',
  'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01',
  'Microsoft.Authorization/roleAssignments@2022-04-01',
]);

/** Which roles the app may have, on which single resource. https://learn.microsoft.com/azure/role-based-access-control/built-in-roles */
const rolesOn: Readonly<Record<string, readonly string[]>> = {
  'Microsoft.Storage/storageAccounts': [
    'b7e6dc6d-f1e8-4753-8033-0f276bb0955b', // Storage Blob Data Owner
    '974c5e8b-45b9-4653-ba55-5f855dd0fb88', // Storage Queue Data Contributor
    '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3', // Storage Table Data Contributor
  ],
  'Microsoft.Storage/storageAccounts/blobServices/containers': [
    '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1', // Storage Blob Data Reader
  ],
  'Microsoft.KeyVault/vaults': ['b86a8fe4-44ce-4948-aee5-eccb2c155cd7'], // Key Vault Secrets Officer
  'Microsoft.Insights/components': ['3913510d-42f4-4e42-8a64-420c390055eb'], // Monitoring Metrics Publisher
};

const lifeCycle: Json = { 'runs/spool/': 7, 'runs/pages/': 7, 'runs/rows/': 30 };

type Expected = (value: Json | undefined) => boolean;

const is =
  (...expected: readonly Json[]): Expected =>
  (value) =>
    value !== undefined && expected.includes(value);
const isJust =
  (...expected: readonly Json[]): Expected =>
  (value) =>
    JSON.stringify(value) === JSON.stringify(expected);
/** `closedNetwork ? 'Disabled' : 'Enabled'`, as written and as compiled. */
const whenClosed =
  (closed: string): Expected =>
  (value) =>
    typeof value === 'string' && new RegExp(`^\\[.*closedNetwork\\W*'${closed}'`).test(value);

/** What must hold for every resource of a type. */
const required: Readonly<Record<string, readonly (readonly [path: string, expected: Expected])[]>> = {
  'Microsoft.Storage/storageAccounts': [
    ['properties.allowSharedKeyAccess', is(false)],
    ['properties.allowBlobPublicAccess', is(false)],
    ['properties.defaultToOAuthAuthentication', is(true)],
    ['properties.minimumTlsVersion', is('TLS1_2', 'TLS1_3')],
    ['properties.supportsHttpsTrafficOnly', is(true)],
    ['properties.publicNetworkAccess', whenClosed('Disabled')],
    ['properties.networkAcls.defaultAction', whenClosed('Deny')],
  ],
  'Microsoft.Storage/storageAccounts/blobServices': [
    ['properties.deleteRetentionPolicy.enabled', is(false)],
    ['properties.containerDeleteRetentionPolicy.enabled', is(false)],
    ['properties.isVersioningEnabled', is(false)],
  ],
  'Microsoft.Storage/storageAccounts/blobServices/containers': [['properties.publicAccess', is('None')]],
  'Microsoft.KeyVault/vaults': [
    ['properties.enableRbacAuthorization', is(true)],
    ['properties.enableSoftDelete', is(true)],
    ['properties.enablePurgeProtection', is(true)],
    ['properties.publicNetworkAccess', whenClosed('Disabled')],
    ['properties.networkAcls.defaultAction', whenClosed('Deny')],
  ],
  'Microsoft.Web/sites': [
    ['identity.type', is('UserAssigned')],
    ['properties.httpsOnly', is(true)],
    ['properties.publicNetworkAccess', whenClosed('Disabled')],
    ['properties.siteConfig.minTlsVersion', is('1.2', '1.3')],
    ['properties.siteConfig.ftpsState', is('Disabled')],
    ['properties.functionAppConfig.runtime.name', is('node')],
    ['properties.functionAppConfig.runtime.version', is('24')],
    ['properties.functionAppConfig.deployment.storage.authentication.type', is('UserAssignedIdentity')],
  ],
  'Microsoft.Web/sites/basicPublishingCredentialsPolicies': [['properties.allow', is(false)]],
  'Microsoft.Web/sites/config': [
    ['properties.platform.enabled', is(true)],
    ['properties.globalValidation.requireAuthentication', is(true)],
    ['properties.globalValidation.unauthenticatedClientAction', is('Return401')],
    ['properties.globalValidation.excludedPaths', isJust('/api/health', '/api/openapi.json')],
    ['properties.identityProviders.azureActiveDirectory.enabled', is(true)],
    // Tokens are checked only, so there is no secret to be kept.
    [
      'properties.identityProviders.azureActiveDirectory.registration.clientSecretSettingName',
      (value) => value === undefined,
    ],
    ['properties.login.tokenStore.enabled', is(false)],
  ],
  'Microsoft.Insights/components': [
    ['properties.DisableLocalAuth', is(true)],
    ['properties.IngestionMode', is('LogAnalytics')],
  ],
};

/** There must be at least one of each, or a rule about it says nothing. */
const expectedTypes = [
  ...Object.keys(required),
  'Microsoft.Storage/storageAccounts/managementPolicies',
  'Microsoft.Authorization/roleAssignments',
];

/** Where the templates of a deployment are not as safe as they have to be, a sentence each. */
export function findings(templates: readonly Template[]): readonly string[] {
  const resources = templates.flatMap((template) => template.resources);
  const types = new Set(resources.map(({ type }) => type));
  return [
    ...expectedTypes.filter((type) => !types.has(type)).map((type) => `There is no ${type}.`),
    ...resources.flatMap(wrongProperties),
    ...resources
      .filter(isUnknown)
      .map((one) => `${nameOf(one)}: ${one.type}@${one.version} was never compiled.`),
    ...resources.filter(({ type }) => type.endsWith('/managementPolicies')).flatMap(wrongLifeCycle),
    ...templates.flatMap(wrongRoles),
    ...templates.flatMap(secretsIn),
  ];
}

const nameOf = ({ file, symbol }: Resource): string => `${file}, ${symbol}`;
const isUnknown = ({ type, version }: Resource): boolean => !knownTypes.has(`${type}@${version}`);

const wrongProperties = (resource: Resource): readonly string[] =>
  (required[resource.type] ?? []).flatMap(([path, expected]) => {
    const value = at(resource.body, ...path.split('.'));
    return expected(value) ? [] : [`${nameOf(resource)}: ${path} is ${JSON.stringify(value)}.`];
  });

function wrongLifeCycle(policy: Resource): readonly string[] {
  const rules = at(policy.body, 'properties', 'policy', 'rules');
  const days = Object.fromEntries(
    (Array.isArray(rules) ? rules : []).flatMap((rule: Json) => {
      const prefixes = at(rule, 'definition', 'filters', 'prefixMatch');
      const actions = at(
        rule,
        'definition',
        'actions',
        'baseBlob',
        'delete',
        'daysAfterModificationGreaterThan',
      );
      const kept = at(rule, 'enabled') === true ? (actions ?? null) : null;
      return (Array.isArray(prefixes) ? prefixes : ['everything']).map((prefix: Json) => [
        String(prefix),
        kept,
      ]);
    }),
  );
  const sorted = (entries: Json): string => JSON.stringify(Object.entries(entries ?? {}).sort());
  return sorted(days) === sorted(lifeCycle)
    ? []
    : [`${nameOf(policy)}: the life-cycle rules are ${JSON.stringify(days)}.`];
}

/** Every role is given on one resource, and is one that such a resource may be used with. */
function wrongRoles({ file, text, resources }: Template): readonly string[] {
  const assignments = resources.filter(({ type }) => type === 'Microsoft.Authorization/roleAssignments');
  if (assignments.length === 0) return [];
  const scopes = assignments.map((assignment) => {
    const scope = String(at(assignment.body, 'scope') ?? '');
    return [
      assignment,
      Object.keys(rolesOn).find((type) => new RegExp(`\\b${type}\\b(?!/)`).test(scope)),
    ] as const;
  });
  const allowed = new Set(scopes.flatMap(([, type]) => (type === undefined ? [] : (rolesOn[type] ?? []))));
  const ids = text.match(/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g) ?? [];
  return [
    ...scopes
      .filter(([, type]) => type === undefined)
      .map(
        ([assignment]) =>
          `${nameOf(assignment)}: its scope is no single resource that the app has a role on.`,
      ),
    ...ids.filter((id) => !allowed.has(id)).map((id) => `${file}: the role ${id} is not one the app needs.`),
  ];
}

/** Functions that give keys, and texts that carry them. */
const secret =
  /\blist\w*\s*\(|\bgetSecret\s*\(|AccountKey=|SharedAccess|sharedKey|InstrumentationKey|adminPassword|@Microsoft\.KeyVault/g;

function secretsIn({ file, text, outputs }: Template): readonly string[] {
  return [
    ...(text.match(secret) ?? []).map((found) => `${file}: ${found} is about a secret.`),
    ...outputs
      .filter(({ name, value }) =>
        /key|secret|password|token|connectionstring/i.test(`${name} ${JSON.stringify(value)}`),
      )
      .map(({ name }) => `${file}: the output ${name} looks like a secret.`),
  ];
}
