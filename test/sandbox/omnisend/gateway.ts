import type { IncomingHttpHeaders } from 'node:http';
import type { Brand } from './brand.ts';
import type { Clock } from './clock.ts';
import type { Faults } from './faults.ts';
import { invalid, type Problem, problem, validationProblem } from './problems.ts';
import { createRateWindow, type RateWindow } from './rate-window.ts';
import { keyRecords, type Scope } from './seeds.ts';
import type { Switches } from './switches.ts';

export type Passed = {
  readonly kind: 'passed';
  readonly brand: Brand;
  readonly headers: Readonly<Record<string, string>>;
};
export type Stopped = {
  readonly kind: 'stopped';
  readonly brand: Brand | undefined;
  readonly problem: Problem;
  readonly headers: Readonly<Record<string, string>>;
};

type RateLimits = { readonly requestsPerMinute: number; readonly tagRequestsPerMinute: number };

type BudgetWindow = { readonly window: RateWindow; readonly others: number };

const tagsSuffix = '/contacts/tags';
const servedVersions: readonly string[] = ['2026-03-15', '2026-preview'];
const versionShape = /^\d{4}-(?:\d{2}-\d{2}|preview)$/;

type Context = {
  readonly clock: Clock;
  readonly brands: ReadonlyMap<string, Brand>;
  readonly faults: () => Faults;
  readonly switches: () => Switches;
  readonly limits: RateLimits;
};

/** What stands before the service: key, version, permission and rate, asked in this order. */
export function createGateway({ clock, brands, faults, switches, limits }: Context) {
  const windows = new Map<string, RateWindow>();

  function windowOf(brandID: string, budget: string, perMinute: number): RateWindow {
    const key = `${brandID} ${budget}`;
    const found = windows.get(key) ?? createRateWindow(perMinute, clock.ms(60));
    windows.set(key, found);
    return found;
  }

  /** The windows a request must find room in; tags have one of their own, which nobody else uses. */
  function windowsFor(brandID: string, endpoint: string): readonly [BudgetWindow, ...BudgetWindow[]] {
    const perEndpoint = switches().rateBudget === 'perEndpoint';
    const others = faults().otherIntegrationPerMinute ?? 0;
    const common = (budget: string) => {
      return { window: windowOf(brandID, budget, limits.requestsPerMinute), others };
    };
    if (!endpoint.endsWith(tagsSuffix)) return [common(perEndpoint ? endpoint : 'default')];
    const tagWindow = windowOf(brandID, perEndpoint ? endpoint : 'tags', limits.tagRequestsPerMinute);
    const tags = { window: tagWindow, others: 0 };
    return switches().tagsCountInDefaultBudget ? [tags, common('default')] : [tags];
  }

  function versionProblem(version: string | undefined): Problem | undefined {
    if (faults().retired === true) return problem(410, { detail: 'This API version has been retired.' });
    if (version !== undefined && switches().retiredVersions.includes(version)) {
      return problem(410, { detail: 'This API version has been retired.' });
    }
    if (version !== undefined && servedVersions.includes(version)) return undefined;
    const malformed = version === undefined || !versionShape.test(version);
    if (malformed && switches().missingVersion === 'accept') return undefined;
    return validationProblem([invalid('Omnisend-Version', 'Must be a known API version')]);
  }

  function rate(brand: Brand, endpoint: string): Passed | Stopped {
    const nowMs = clock.now();
    const { retryAfterInBody, rateHeaders, refusedCallsCount } = switches();
    const asked = windowsFor(brand.seed.brandID, endpoint);
    const own = asked[0].window;
    const answers = asked.map(({ window, others }) => window.look(nowMs, others));
    const waitMs = Math.max(...answers.map((answer) => (answer.kind === 'refused' ? answer.freeInMs : 0)));
    const admitted = answers.every((answer) => answer.kind === 'admitted');
    if (admitted || refusedCallsCount) for (const { window } of asked) window.count(nowMs);

    const retryAfter = Math.max(1, Math.ceil(waitMs / 1000));
    const remaining = answers[0]?.kind === 'admitted' ? answers[0].remaining : 0;
    const headers: Record<string, string> = {};
    if (rateHeaders === 'v3') {
      headers['X-Rate-Limit-Limit'] = String(own.limit);
      headers['X-Rate-Limit-Remaining'] = String(remaining);
      headers['X-Rate-Limit-Reset'] = String(admitted ? clock.ms(60) / 1000 : retryAfter);
    }
    if (admitted) return { kind: 'passed', brand, headers };
    brand.figures.tooMany('fromWindow');
    return { kind: 'stopped', brand, problem: problem(429, retryAfterInBody ? { retryAfter } : {}), headers };
  }

  return {
    /** `scope` undefined: a path that does not exist, of which only key, version and rate are asked. */
    pass(headers: IncomingHttpHeaders, endpoint: string, scope: Scope | undefined): Passed | Stopped {
      const key = /^Omnisend-API-Key (\S+)$/.exec(headers.authorization ?? '')?.[1];
      const record = keyRecords.find((entry) => entry.key === key && !entry.revoked);
      const brand = record && brands.get(record.brandID);
      if (brand === undefined || faults().revokedKeys?.includes(record?.key ?? '')) {
        return { kind: 'stopped', brand: undefined, problem: problem(401), headers: {} };
      }
      brand.figures.arrival(endpoint, clock.now());
      const version = headers['omnisend-version'];
      const refusal = versionProblem(typeof version === 'string' ? version : undefined);
      if (refusal !== undefined) return { kind: 'stopped', brand, problem: refusal, headers: {} };
      const allowed = scope === undefined || record?.scopes.includes(scope) === true;
      if (!allowed || faults().block403 === true) {
        return { kind: 'stopped', brand, problem: problem(403), headers: {} };
      }
      return rate(brand, endpoint);
    },
    /** Another integration's requests, by brand. */
    others: (brandID: string) => windows.get(`${brandID} default`)?.others ?? { accepted: 0, refused: 0 },
  };
}

export type Gateway = ReturnType<typeof createGateway>;
