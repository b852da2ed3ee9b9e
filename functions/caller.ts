import { z } from 'zod';
import { type Authentication, type Caller, keyHolder, type Role } from '../shared/domain/access.ts';

/** Names of the app roles, as the app registration has them; of several the highest counts. */
const appRoles: readonly (readonly [name: string, role: Role])[] = [
  ['Administrator', 'administrator'],
  ['Contributor', 'contributor'],
  ['Viewer', 'viewer'],
];

/** https://learn.microsoft.com/azure/app-service/configure-authentication-user-identities#decode-the-client-principal-header */
const principal = z.object({
  /** Another provider's users have no roles of the app. */
  auth_typ: z.literal('aad'),
  claims: z.array(z.object({ typ: z.string(), val: z.string() })).max(1_000),
  name_typ: z.string().nullish(),
  role_typ: z.string().nullish(),
});

// The platform renames some claims of a token, but not in every version alike.
const roleClaims = ['roles', 'http://schemas.microsoft.com/ws/2008/06/identity/claims/role'];
const idClaims = ['oid', 'http://schemas.microsoft.com/identity/claims/objectidentifier'];
const nameClaims = ['name'];

export type Identified =
  | { readonly kind: 'known'; readonly caller: Caller }
  | { readonly kind: 'authentication-off' }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'no-role' };

/** Who calls. `header`: `x-ms-client-principal`, which is believed only where the platform writes it. */
export function identify(authentication: Authentication, header: string | null): Identified {
  if (authentication.kind === 'key') return { kind: 'known', caller: keyHolder };
  if (!authentication.isOn) return { kind: 'authentication-off' };
  const parsed = principal.safeParse(decoded(header));
  if (!parsed.success) return { kind: 'unknown' };
  const { claims, name_typ, role_typ } = parsed.data;
  const valuesOf = (types: readonly (string | null | undefined)[]): readonly string[] =>
    claims.filter(({ typ, val }) => types.includes(typ) && val !== '').map(({ val }) => val);

  const [id] = valuesOf(idClaims);
  if (id === undefined || id.length > 100) return { kind: 'unknown' };
  const given = valuesOf([role_typ, ...roleClaims]);
  const role = appRoles.find(([name]) => given.includes(name))?.[1];
  if (role === undefined) return { kind: 'no-role' };
  // An application has none.
  const [name = null] = valuesOf([...nameClaims, name_typ]);
  return { kind: 'known', caller: { actor: { id, name: name?.slice(0, 200) ?? null }, role } };
}

function decoded(header: string | null): unknown {
  // Node would decode anything: two headers, which come joined by a comma, too.
  if (header === null || !/^[A-Za-z0-9+/]+={0,2}$/.test(header)) return undefined;
  try {
    return JSON.parse(Buffer.from(header, 'base64').toString());
  } catch {
    return undefined;
  }
}
