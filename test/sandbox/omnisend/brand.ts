import { type BatchBook, createBatchBook, type ItemResult } from './batches.ts';
import type { Draw } from './chance.ts';
import type { Clock } from './clock.ts';
import { type ContactWrite, readContact } from './contact-rules.ts';
import { type ContactStore, createContactStore } from './contact-store.ts';
import { createContactWrites, type WelcomeSent, type WriteResult } from './contact-writes.ts';
import type { FaultDecisions, Faults } from './faults.ts';
import { createFigures, type Figures } from './figures.ts';
import { type Problem, problem, validationProblem } from './problems.ts';
import type { SeedBrand } from './seeds.ts';
import type { Switches } from './switches.ts';

export type World = {
  readonly clock: Clock;
  readonly draw: Draw;
  readonly decisions: FaultDecisions;
  readonly faults: () => Faults;
  readonly switches: () => Switches;
  readonly batchSeconds: readonly [number, number];
};

export type Written =
  | { readonly kind: 'written'; readonly result: Exclude<WriteResult, { kind: 'conflict' }> }
  | { readonly kind: 'refused'; readonly problem: Problem };

export type Brand = {
  readonly seed: SeedBrand;
  readonly contacts: ContactStore;
  readonly batches: BatchBook;
  readonly figures: Figures;
  readonly welcomes: { count: number; readonly latest: WelcomeSent[] };
  post(body: unknown): Written;
  patch(contact: Parameters<ReturnType<typeof createContactWrites>['patch']>[0], body: unknown): Written;
};

const keptWelcomes = 20;

/** One Omnisend account: its contacts, its batches and what has been counted of it. */
export function createBrand(seed: SeedBrand, world: World): Brand {
  const { clock, switches, decisions } = world;
  const contacts = createContactStore(
    seed.brandID,
    clock.now(),
    () => switches().emailMatch === 'caseFolding',
  );
  const figures = createFigures(clock.ms(60));
  const welcomes: Brand['welcomes'] = { count: 0, latest: [] };
  const writes = createContactWrites({
    store: contacts,
    clock,
    switches,
    welcome(sent) {
      welcomes.count++;
      welcomes.latest.push(sent);
      if (welcomes.latest.length > keptWelcomes) welcomes.latest.shift();
    },
  });

  function write(
    body: unknown,
    identifiersRequired: boolean,
    aside: (email: string) => Problem | undefined,
    act: (write: ContactWrite) => WriteResult,
  ): Written {
    const reading = readContact(body, {
      identifiersRequired,
      strict: switches().unknownBodyFields === 'strict',
    });
    if (reading.kind === 'invalid') return { kind: 'refused', problem: validationProblem(reading.faults) };
    const refusal = aside(reading.write.email?.id ?? '');
    if (refusal !== undefined) return { kind: 'refused', problem: refusal };
    const result = act(reading.write);
    if (result.kind !== 'conflict') return { kind: 'written', result };
    const detail = 'Contact identifier already exists.';
    return { kind: 'refused', problem: problem(result.status, { detail }) };
  }

  const itemRefusal = (email: string) => decisions.aimed(email) ?? decisions.item(seed.brandID, email);

  function applyItem(item: unknown): ItemResult {
    const written = write(item, true, itemRefusal, writes.post);
    const result: ItemResult =
      written.kind === 'refused'
        ? { code: written.problem.status, problem: written.problem }
        : { code: written.result.kind === 'created' ? 201 : 200 };
    figures.item(result.code);
    return result;
  }

  return {
    seed,
    contacts,
    figures,
    welcomes,
    batches: createBatchBook({
      brandID: seed.brandID,
      clock,
      draw: world.draw,
      switches,
      seconds: () => world.faults().processingSeconds ?? world.batchSeconds,
      fault: decisions.batch,
      apply: applyItem,
    }),
    post: (body) => write(body, true, decisions.aimed, writes.post),
    patch: (contact, body) =>
      write(
        body,
        false,
        (email) => decisions.aimed(email || (contact.email ?? '')),
        (found) => writes.patch(contact, found),
      ),
  };
}
