import type { Profile } from '../domain/contact.ts';
import { normaliseEmail } from '../domain/email.ts';
import type { CustomerId, KeyHash } from '../domain/ids.ts';
import { hashKey } from '../domain/key.ts';
import { addLine, blobOf, joinLines, noLines } from '../domain/keyed-blob.ts';
import { matchProfile } from '../domain/matching.ts';
import { sumReads } from '../domain/read-tally.ts';
import { type SpooledValues, valuesOfProfile } from '../domain/row-values.ts';
import type { Run } from '../domain/run.ts';
import type { Slice } from '../domain/slice.ts';
import { type InvalidRow, type LeftOutRow, unknownCustomer } from '../domain/spool.ts';
import type { ReadTally } from '../domain/tally.ts';
import type { Turn } from '../domain/turn.ts';
import type { Ports } from '../ports/ports.ts';
import { paths } from './addresses.ts';

/** Fewer than the 50,000 a blob may hold, by more than a page: four slices are read at once, each blob in memory. */
const maxBlobRows = 20_000;
/** Examples of rows with something left out that are listed per slice and message; all of them are counted. */
const maxLeftOutExamples = 1_000;
/** Invalid rows whose values are kept for an administrator to see, per slice and message. */
const maxInvalidValues = 5_000;

/** Takes the rows of one step of a slice and writes them as blobs that only count once the slice's row names them. */
export class SliceSpooler {
  readonly #ports: Ports;
  readonly #run: Run;
  readonly #slice: Slice;
  readonly #turn: Turn;
  readonly #secret: string;
  readonly #isForgotten: (email: string) => boolean;
  #lines = noLines();
  readonly #invalid: InvalidRow[] = [];
  readonly #leftOut: LeftOutRow[] = [];
  readonly #values: SpooledValues[] = [];
  readonly #spool: string[] = [];
  readonly #tally: ReadTally = sumReads([]);

  constructor(
    ports: Ports,
    run: Run,
    slice: Slice,
    turn: Turn,
    { secret, isForgotten }: { readonly secret: string; readonly isForgotten: (email: string) => boolean },
  ) {
    this.#ports = ports;
    this.#run = run;
    this.#slice = slice;
    this.#turn = turn;
    this.#secret = secret;
    this.#isForgotten = isForgotten;
  }

  add(profile: Profile, segments: readonly number[]): void {
    this.#countMember(segments);
    const matched = matchProfile(profile, segments, this.#run.definition);
    if (matched.kind === 'invalid') {
      this.addInvalid(matched.row);
      this.#keepInvalid(profile);
      return;
    }
    if (this.#isForgotten(matched.row.contact.email)) {
      this.addInvalid({ id: profile.customerId, field: 'email', reason: 'forgotten' });
      return;
    }
    const key: KeyHash = hashKey(this.#secret, matched.row.contact.email);
    // Else a customer of two such slices would count twice, as the tally of each is summed up.
    const isRepeatable = this.#ports.source.slicesOverlap && matched.leftOut.length > 0;
    const leftOut = matched.leftOut.map(({ field, reason }) => `${field}:${reason}`);
    addLine(this.#lines, { key, ...matched.row, ...(isRepeatable && { leftOut }) });
    this.#tally.read += 1;
    this.#tally.spooled += 1;
    if (matched.leftOut.length > 0 && this.#leftOut.length < maxLeftOutExamples) {
      const fields = new Set(matched.leftOut.map(({ field }) => field));
      const values = valuesOfProfile(profile, this.#run.definition, fields);
      this.#values.push({ id: profile.customerId, key, values });
    }
    for (const { field, reason } of matched.leftOut) {
      count(this.#tally.leftOut, `${field}:${reason}`);
      if (this.#leftOut.length < maxLeftOutExamples)
        this.#leftOut.push({ id: profile.customerId, field, reason });
    }
  }

  /** With its key where the address gives one, by which it is found when it is to be forgotten. */
  #keepInvalid(profile: Profile): void {
    if (this.#invalid.length > maxInvalidValues) return;
    const { definition } = this.#run;
    const email = normaliseEmail(profile.values[definition.matching.email]);
    if (email.kind === 'ok' && this.#isForgotten(email.email)) return;
    this.#values.push({
      id: profile.customerId,
      ...(email.kind === 'ok' && { key: hashKey(this.#secret, email.email) }),
      values: valuesOfProfile(profile, definition),
    });
  }

  /** A member of whom there is no profile. */
  addAbsent(id: CustomerId, segments: readonly number[]): void {
    this.#countMember(segments);
    this.addInvalid({ id, field: 'profile', reason: 'no-profile' });
  }

  #countMember(segments: readonly number[]): void {
    for (const position of segments) count(this.#tally.members, String(position));
  }

  addInvalid(row: InvalidRow): void {
    this.#invalid.push(row);
    this.#tally.read += 1;
    this.#tally.invalid += 1;
    count(this.#tally.invalidByReason, row.reason);
  }

  /** Memberships from which nobody can be told: somebody's row, so it is accounted for, and guards look at it. */
  addUnreadable(rows: number): void {
    for (let row = 0; row < rows; row += 1) {
      this.addInvalid({ id: unknownCustomer, field: 'segments', reason: 'row-malformed' });
    }
  }

  /** Writes a blob when enough rows are there for one. */
  async flushFull(): Promise<void> {
    if (this.#lines.rows >= maxBlobRows) await this.#write();
  }

  /** Writes the rest. The answer adds all that this step wrote to the slice's row. */
  async close(): Promise<(slice: Slice) => Slice> {
    if (this.#lines.rows > 0) await this.#write();
    const { runId, number } = this.#slice;
    const invalid = paths.invalid(runId, number, this.#name());
    const leftOut = paths.leftOut(runId, number, this.#name());
    if (this.#invalid.length > 0) await this.#ports.blobs.put(invalid, joinLines(this.#invalid));
    if (this.#leftOut.length > 0) await this.#ports.blobs.put(leftOut, joinLines(this.#leftOut));
    if (this.#values.length > 0) {
      await this.#ports.blobs.put(paths.values(runId, number, this.#name()), joinLines(this.#values));
    }
    return (slice) => ({
      ...slice,
      spool: [...slice.spool, ...this.#spool],
      invalid: this.#invalid.length > 0 ? [...slice.invalid, invalid] : slice.invalid,
      leftOut: this.#leftOut.length > 0 ? [...slice.leftOut, leftOut] : slice.leftOut,
      tally: sumReads([slice.tally, this.#tally]),
    });
  }

  async #write(): Promise<void> {
    const blob = blobOf(this.#lines);
    this.#lines = noLines();
    const path = paths.spool(this.#slice.runId, this.#slice.number, `${this.#name()}-${this.#spool.length}`);
    await this.#ports.blobs.put(path, blob);
    this.#spool.push(path);
  }

  /** Names the try: a superseded holder of the turn cannot overwrite what its successor writes. */
  #name(): string {
    return `${this.#slice.attempt}-${this.#turn.epoch}-${this.#turn.sequence}`;
  }
}

const count = (counts: Record<string, number>, name: string): void => {
  counts[name] = (counts[name] ?? 0) + 1;
};
