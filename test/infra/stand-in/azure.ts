import type { Table } from './shell.ts';

export const output = (name: string): string =>
  `az deployment group show --resource-group rg --name omnisend-export --query properties.outputs.${name}.value`;
export const outputs = {
  functionAppName: 'func-test',
  hostName: 'func-test.example.com',
  vaultName: 'kv-test',
  identityName: 'id-test',
  identityClientId: 'client-id',
};
/** A subscription in which all goes well; the group exists already, and so does the app registration. */
export const well: Table = [
  { begins: 'az account show', replies: [{ out: 'My subscription\n' }] },
  { begins: 'az group exists', replies: [{ out: 'true\n' }] },
  { begins: 'az ad signed-in-user show', replies: [{ out: 'my-object-id\n' }] },
  { begins: 'az deployment group list', replies: [{ out: '=auth-id\n' }] },
  { begins: 'az rest', replies: [{ out: 'up\n0.1.0\n' }] },
  ...Object.entries(outputs).map(([name, out]) => ({ begins: output(name), replies: [{ out: `${out}\n` }] })),
];
/** The same, but for one call. */
export const but = (begins: string, ...replies: Table[number]['replies']): Table => [
  { begins, replies },
  ...well,
];
