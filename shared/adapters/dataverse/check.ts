import type { ConfigurationFault } from '../../domain/answers.ts';
import type { SourceCheck, SourceFault } from '../../ports/source.ts';
import type { Client, Denied } from './client.ts';
import { requestFault, unknownIdentity, unlessNowhere } from './faults.ts';
import { identityIn } from './identity.ts';
import { idColumn, membershipSet, membershipTable, profileSet, profileTable } from './names.ts';

type Name = SourceCheck['name'];

const passed = (name: Name, message: string): SourceCheck => ({ name, ok: true, message, remedy: '' });
const failed = (
  name: Name,
  { message, remedy }: Pick<ConfigurationFault, 'message' | 'remedy'>,
): SourceCheck => ({
  name,
  ok: false,
  message,
  remedy,
});

const tables = [
  { table: membershipTable, set: membershipSet, rows: 'segment memberships' },
  { table: profileTable, set: profileSet, rows: 'customer profiles' },
] as const;

/** Which check a fault belongs to: what is wrong with a table for 403 is the role, for 404 the environment. */
const nameOf = (reply: Denied): Name => {
  if (reply.status === 401) return 'environment';
  return reply.status === 403 ? 'role' : 'environment';
};

const faultsOf = (
  fault: SourceFault,
  host: string,
): readonly Pick<ConfigurationFault, 'message' | 'remedy'>[] => {
  const meant = unlessNowhere(fault, host);
  switch (meant.kind) {
    case 'configuration':
      return meant.faults;
    case 'throttled':
      return [
        {
          message: `The environment refuses requests for ${meant.retryAfterSeconds} more seconds: too many came.`,
          remedy: 'Try again later.',
        },
      ];
    case 'transient':
    case 'link-dead':
      return [
        {
          message: `The environment at ${host} did not answer as Dataverse does (${meant.kind === 'transient' ? meant.message : 'dead link'}).`,
          remedy: 'Check its address, and try again later.',
        },
      ];
  }
};

/** Whether the app's own identity can read the tables: token, environment, role, one row of each. */
export const checkSource = async (client: Client): Promise<readonly SourceCheck[]> => {
  const token = await client.token();
  if (token.kind === 'refused') return [failed('token', token.fault)];
  if (token.kind === 'unavailable') {
    const message = `The identity of the app gives no token now (${token.message}).`;
    return [failed('token', { message, remedy: 'Try again later.' })];
  }
  const identity = identityIn(token.token);
  const checks: SourceCheck[] = [
    {
      ...passed('token', 'The identity of the app has a token for the environment.'),
      ...(identity && { identity }),
    },
  ];

  const roles: SourceCheck[] = [];
  const rows: SourceCheck[] = [];
  for (const { table, set, rows: what } of tables) {
    const reply = await client.get(client.address(set, { $select: idColumn }), 1);
    if (reply.kind === 'denied') {
      if (reply.status === 401) return [...checks, failed('environment', unknownIdentity)];
      const fault = requestFault(reply, table, []);
      for (const one of faultsOf(fault, client.host)) roles.push(failed(nameOf(reply), one));
    } else if (reply.kind !== 'ok') {
      return [...checks, ...faultsOf(reply, client.host).map((fault) => failed('environment', fault))];
    } else if (reply.value.rows.length > 0) rows.push(passed('row', `A row of the ${what} can be read.`));
    else {
      const message = `The environment shows no row of the ${what}.`;
      const remedy = `Wait until Customer Insights - Data has written to Dataverse; else give the security role read access to ${table} for the whole organisation, for rows that may not be read are left out without a word.`;
      rows.push(failed('row', { message, remedy }));
    }
  }
  if (!roles.some(({ name }) => name === 'environment')) {
    checks.push(passed('environment', `The environment is at ${client.host}.`));
  }
  if (roles.length === 0)
    roles.push(passed('role', 'The app may read segment memberships and customer profiles.'));
  return [...checks, ...roles, ...rows];
};
