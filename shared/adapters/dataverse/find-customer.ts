import type { Source } from '../../ports/source.ts';
import { plainId } from './by-id.ts';
import { readChain } from './chain.ts';
import type { Client } from './client.ts';
import type { Columns } from './columns.ts';
import { requestFault } from './faults.ts';
import { idFilter } from './filter.ts';
import { membershipsAddress } from './memberships.ts';
import { membershipTable, profileTable } from './names.ts';
import { membershipsOf, profilesOf } from './rows.ts';
import { profilesAddress } from './slice-pages.ts';

const mostPages = 5;

/** One customer's memberships and profile. Only an id goes into the address: nothing that names the person. */
export const findCustomer =
  (client: Client, columns: Columns): Source['find'] =>
  async (question, { customerId }) => {
    if (!plainId.test(customerId)) {
      return {
        kind: 'not-supported',
        message: 'Only a customer id of letters, digits and "-" can be asked for by itself.',
      };
    }
    const filter = idFilter([customerId]);
    const members = await readChain(
      client,
      membershipsAddress(client, question.segments, 'none', filter),
      mostPages,
    );
    if (members.kind === 'denied') return requestFault(members, membershipTable, []);
    if (members.kind !== 'ok') return members;
    const address = await profilesAddress(client, columns, question, filter);
    if (address.kind !== 'ok') return address;
    const profiles = await readChain(client, address.value, mostPages);
    if (profiles.kind === 'denied') {
      columns.forget();
      return requestFault(profiles, profileTable, question.columns);
    }
    if (profiles.kind !== 'ok') return profiles;

    const { memberships, oddMemberships } = membershipsOf(members.value.rows, question.segments);
    // The filter takes case lightly; the ids of a run do not.
    const own = memberships.filter((row) => row.customerId === customerId);
    const profile = profilesOf(profiles.value.rows, question.columns).find(
      (row) => row.customerId === customerId,
    );
    return {
      kind: 'ok',
      value: {
        segments: [...new Set(own.flatMap(({ segments }) => segments))].sort((a, b) => a - b),
        oddMemberships,
        profile: profile ?? null,
      },
    };
  };
