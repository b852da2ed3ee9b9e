import type { IncomingMessage } from 'node:http';
import type { z } from 'zod';
import { createTruth } from '../generator/truth.ts';
import { controlSchema, type DataverseOptions, daySchema, optionsSchema, segmentsSchema } from './control.ts';
import { listen, type Reply, type Running, readJSON } from './http.ts';
import { createSwitches } from './switches.ts';
import { createTokenService } from './tokens.ts';
import { createWebAPI, SERVICE_PATH } from './web-api.ts';
import { createWorld } from './world.ts';

export const TOKEN_PATH = '/msi/token';

/**
 * A Dataverse environment with Customer Insights tables, the token endpoint of a managed identity, and `/control`.
 * @param now  milliseconds since 1970; rules token life and the throttling windows
 */
export async function startDataverse(
  options: DataverseOptions = {},
  now: () => number = Date.now,
): Promise<Running> {
  const { port, rows, seed, day, pageSize, pageDelayMs, tokenLifetimeSeconds, identityHeader } =
    optionsSchema.parse(options);
  const world = createWorld(seed, rows, day);
  const switches = createSwitches({ pageSize, pageDelayMs, tokenLifetimeSeconds }, now);
  const tokens = createTokenService({
    identityHeader,
    lifetimeSeconds: () => switches.current().tokenLifetimeSeconds,
    now,
  });
  const webAPI = createWebAPI(world, switches, { secret: `sandbox-${seed}` });

  async function control(request: IncomingMessage, url: URL): Promise<Reply> {
    const route = `${request.method} ${url.pathname.slice('/control'.length)}`;
    const segments = segmentsSchema.parse(url.searchParams.get('segments') ?? '');
    const truth = () => createTruth(world.current(), segments);
    switch (route) {
      case 'GET ':
        return { status: 200, body: figures() };
      case 'POST ':
        return change(request, controlSchema, (wanted) => {
          switches.apply(wanted);
          if (wanted.expireTokens) tokens.expireAll();
          if (wanted.tornRefresh !== undefined) world.tear(wanted.tornRefresh);
        });
      case 'POST /day':
        return change(request, daySchema, (wanted) => world.setDay(wanted.day));
      case 'GET /truth':
        return {
          status: 200,
          body: truth()
            .contacts()
            .map((contact) => JSON.stringify(contact)),
        };
      case 'GET /truth/counts':
        return { status: 200, body: truth().counts() };
      case 'GET /truth/changes': {
        const previousDay = world.current().day - 1;
        if (previousDay < 1) return { status: 400, body: { error: 'the first day has none before it' } };
        return { status: 200, body: truth().changes(previousDay) };
      }
      default:
        return { status: 404 };
    }
  }

  function figures(): object {
    const { size, day: today } = world.current();
    return {
      day: today,
      customers: size,
      tokensIssued: tokens.issued(),
      ...switches.figures(),
      settings: switches.current(),
    };
  }

  async function change<T>(
    request: IncomingMessage,
    schema: z.ZodType<T>,
    apply: (wanted: T) => void,
  ): Promise<Reply> {
    const parsed = schema.safeParse(await readJSON(request));
    if (!parsed.success) return { status: 400, body: { error: parsed.error.message } };
    apply(parsed.data);
    return { status: 200, body: figures() };
  }

  return listen(port, (request, url) => {
    if (url.pathname === '/control' || url.pathname.startsWith('/control/')) return control(request, url);
    if (url.pathname === TOKEN_PATH) return tokens.answer(request, url);
    if (!url.pathname.startsWith(SERVICE_PATH)) return { status: 404 };
    switches.count('requests');
    if (switches.meet()) tokens.expireAll();
    if (!tokens.admits(request)) {
      switches.count('unauthorized');
      const challenge = `Bearer authorization_uri=https://login.microsoftonline.com/common/oauth2/authorize, resource_id=${url.origin}/`;
      return { status: 401, headers: { 'www-authenticate': challenge } };
    }
    return webAPI(request, url);
  });
}
