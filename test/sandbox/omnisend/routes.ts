import { createBatch, listBatches } from './batch-routes.ts';
import { batchItemsView, batchView } from './batch-view.ts';
import type { Brand, World, Written } from './brand.ts';
import { readContact } from './contact-rules.ts';
import { contactView } from './contact-view.ts';
import { listContacts } from './listing.ts';
import { invalid, type Problem, problem, required, validationProblem } from './problems.ts';
import type { Scope } from './seeds.ts';
import { acceptTags } from './tags.ts';

type Call = {
  readonly brand: Brand;
  readonly world: World;
  readonly url: URL;
  /** What the path names, such as a batch's id; empty where it names nothing. */
  readonly id: string;
  readonly bytes: Buffer;
};

/** Without a body where Omnisend sends none. */
export type Answer = { readonly status: number; readonly body?: object };

export type Route = {
  readonly endpoint: string;
  readonly path: RegExp;
  readonly scope: Scope;
  readonly act: (call: Call) => Answer;
};

const refused = (found: Problem): Answer => ({ status: found.status, body: found });

/** Runs `act` with the parsed body, or says that it is no JSON. */
function withBody({ bytes }: Call, act: (body: unknown) => Answer): Answer {
  let body: unknown;
  try {
    body = JSON.parse(bytes.toString());
  } catch {
    return refused(validationProblem([invalid('body', 'Must be valid JSON')]));
  }
  return act(body);
}

function written({ brand }: Call, outcome: Written): Answer {
  if (outcome.kind === 'refused') return refused(outcome.problem);
  const { kind, contact } = outcome.result;
  return { status: kind === 'created' ? 201 : 200, body: contactView(brand.contacts, contact) };
}

const contactNotFound = () => refused(problem(404, { detail: 'Contact not found.' }));

function batchAnswer(call: Call, view: (batch: NonNullable<ReturnType<Brand['batches']['byID']>>) => object) {
  const batch = call.brand.batches.byID(call.id);
  if (batch === undefined) return refused(problem(404, { detail: `Batch '${call.id}' not found.` }));
  return { status: 200, body: view(batch) };
}

/** What an accepted item answers is not documented. */
function acceptedItem({ brand, world }: Call, request: unknown): object {
  const kind = world.switches().itemSuccess;
  const reading = readContact(request, { identifiersRequired: true, strict: false });
  if (kind === 'empty' || reading.kind === 'invalid') return {};
  const { email, phone } = reading.write;
  const contact = brand.contacts.byEmail(email?.id ?? '') ?? brand.contacts.byPhone(phone?.id ?? '');
  if (contact === undefined) return {};
  return kind === 'contact' ? contactView(brand.contacts, contact) : { id: brand.contacts.idOf(contact) };
}

function tagsRoute(method: 'POST' | 'DELETE', direction: 'add' | 'remove'): Route {
  return {
    endpoint: `${method} /contacts/tags`,
    path: /^\/api\/contacts\/tags$/,
    scope: 'contacts.write',
    act: (call) =>
      withBody(call, (body) => {
        const { clock, draw, switches } = call.world;
        const strict = switches().unknownBodyFields === 'strict';
        const fault = acceptTags(direction, body, { store: call.brand.contacts, clock, draw, strict });
        return fault === undefined ? { status: 202 } : refused(fault);
      }),
  };
}

const routes: readonly Route[] = [
  {
    endpoint: 'GET /brands/current',
    path: /^\/api\/brands\/current$/,
    scope: 'brands.read',
    act: ({ brand: { seed } }) => ({
      status: 200,
      body: {
        ...seed,
        platform: '',
        currency: 'EUR',
        timezone: 'Europe/Vilnius',
        version: '',
        connected: true,
      },
    }),
  },
  {
    endpoint: 'POST /batches',
    path: /^\/api\/batches$/,
    scope: 'contacts.write',
    act: (call) =>
      withBody(call, (body) => {
        const strict = call.world.switches().unknownBodyFields === 'strict';
        const made = createBatch(call.brand.batches, body, call.bytes, strict);
        return made.kind === 'done' ? { status: 201, body: made.body } : refused(made.problem);
      }),
  },
  {
    endpoint: 'GET /batches',
    path: /^\/api\/batches$/,
    scope: 'contacts.read',
    act({ brand, url, world }) {
      const address = `${url.origin}${url.pathname}`;
      const listed = listBatches(brand.batches, url.searchParams, address, world.switches());
      return listed.kind === 'done' ? { status: 200, body: listed.body } : refused(listed.problem);
    },
  },
  {
    endpoint: 'GET /batches/{batchID}',
    path: /^\/api\/batches\/([^/]+)$/,
    scope: 'contacts.read',
    act: (call) => batchAnswer(call, (batch) => batchView(call.brand.batches, batch, call.world.switches())),
  },
  {
    endpoint: 'GET /batches/{batchID}/items',
    path: /^\/api\/batches\/([^/]+)\/items$/,
    scope: 'contacts.read',
    act: (call) =>
      batchAnswer(call, (batch) =>
        batchItemsView(call.brand.batches, batch, call.world.switches(), (request) =>
          acceptedItem(call, request),
        ),
      ),
  },
  tagsRoute('POST', 'add'),
  tagsRoute('DELETE', 'remove'),
  {
    endpoint: 'GET /contacts',
    path: /^\/api\/contacts$/,
    scope: 'contacts.read',
    act({ brand, url }) {
      const listed = listContacts(brand.contacts, url.searchParams);
      return listed.kind === 'listed' ? { status: 200, body: listed.body } : refused(listed.problem);
    },
  },
  {
    endpoint: 'POST /contacts',
    path: /^\/api\/contacts$/,
    scope: 'contacts.write',
    act: (call) => withBody(call, (body) => written(call, call.brand.post(body))),
  },
  {
    endpoint: 'PATCH /contacts',
    path: /^\/api\/contacts$/,
    scope: 'contacts.write',
    act: (call) =>
      withBody(call, (body) => {
        const email = call.url.searchParams.get('email');
        if (email === null || email === '') return refused(validationProblem([required('email')]));
        const contact = call.brand.contacts.byEmail(email);
        return contact === undefined ? contactNotFound() : written(call, call.brand.patch(contact, body));
      }),
  },
  {
    endpoint: 'GET /contacts/{id}',
    path: /^\/api\/contacts\/([^/]+)$/,
    scope: 'contacts.read',
    act({ brand, id }) {
      const contact = brand.contacts.byID(id);
      if (contact === undefined) return contactNotFound();
      return { status: 200, body: contactView(brand.contacts, contact) };
    },
  },
  {
    endpoint: 'PATCH /contacts/{id}',
    path: /^\/api\/contacts\/([^/]+)$/,
    scope: 'contacts.write',
    act: (call) =>
      withBody(call, (body) => {
        const contact = call.brand.contacts.byID(call.id);
        return contact === undefined ? contactNotFound() : written(call, call.brand.patch(contact, body));
      }),
  },
];

export function findRoute(method: string, path: string): { route: Route; id: string } | undefined {
  for (const route of routes) {
    if (!route.endpoint.startsWith(`${method} `)) continue;
    const match = route.path.exec(path);
    if (match !== null) return { route, id: match[1] ?? '' };
  }
  return undefined;
}
