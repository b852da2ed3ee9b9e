import type { HttpHandler, HttpResponseInit } from '@azure/functions';
import type { Authentication, Caller } from '../shared/domain/access.ts';
import type { Authorisation, Target } from '../shared/steps/authorise.ts';
import type { ApiHandler } from './api.ts';
import { atTheEdge } from './at-the-edge.ts';
import { type Identified, identify } from './caller.ts';
import type { OperationSpec } from './operations/spec.ts';
import { problem } from './problem.ts';

/** Calls a handler for who may call it: who it is, whether they may, and only then anything else. */
export const guarded = (
  { method, route }: Pick<OperationSpec, 'method' | 'route'>,
  authentication: Authentication,
  authorise: (caller: Caller, target: Target) => Promise<Authorisation>,
  handler: ApiHandler,
): HttpHandler =>
  atTheEdge(async (http) => {
    const identified = identify(authentication, http.headers.get('x-ms-client-principal'));
    if (identified.kind !== 'known') return unidentified(identified);
    const { caller } = identified;
    const target = targetOf(route, http.params);
    const answer = await authorise(caller, target);
    switch (answer.kind) {
      case 'allowed':
        return handler(http, caller);
      case 'missing':
        // What is not there may be made; of whether the caller may, the document that is sent decides.
        return method === 'PUT' ? handler(http, caller) : missing(target);
      case 'role-missing':
        return problem(403, 'Not allowed', `This needs the role ${roleNames[answer.needed]}.`);
      case 'not-shared':
        return notShared(target);
    }
  });

const roleNames = { viewer: 'Viewer', contributor: 'Contributor', administrator: 'Administrator' } as const;

const unidentified = ({ kind }: Exclude<Identified, { readonly kind: 'known' }>): HttpResponseInit => {
  switch (kind) {
    case 'authentication-off': {
      const detail =
        'The app believes nobody until App Service Authentication is on: infra/deploy.sh turns it on. ' +
        'To be called with a function key alone, the app needs the setting API_ACCESS with the value key.';
      return problem(403, 'Authentication is off', detail);
    }
    case 'unknown': {
      const unknown = problem(401, 'Who calls?', 'Send a token of Entra for this app as a bearer token.');
      return { ...unknown, headers: { ...unknown.headers, 'www-authenticate': 'Bearer' } };
    }
    case 'no-role':
      return problem(
        403,
        'No role',
        'Ask an administrator of Entra for one of the app roles Viewer, Contributor and Administrator.',
      );
  }
};

/** From the route's beginning: `exports/{id}/run` is about an export. */
const targetOf = (route: string, params: Readonly<Record<string, string>>): Target => {
  const kind = /^(connection|export|run)s\/\{/.exec(route)?.[1];
  switch (kind) {
    case 'connection':
    case 'export':
      return { kind, id: params.id ?? '' };
    case 'run':
      return { kind, id: params.run ?? '' };
    default:
      return { kind: 'none' };
  }
};

const missing = ({ kind }: Target): HttpResponseInit =>
  problem(404, `Unknown ${kind}`, `There is no ${kind} of that id.`);

const notShared = (target: Target): HttpResponseInit => {
  // Of connections that are not shared, contributors do not even know.
  if (target.kind === 'connection') return missing(target);
  const detail = `The ${target.kind} goes over a connection that is not shared with contributors. Ask an administrator.`;
  return problem(403, 'Not allowed', detail);
};
