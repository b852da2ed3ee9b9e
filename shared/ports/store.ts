import type { Forgotten } from '../domain/forgotten.ts';
import type { BrandState, Lane } from '../domain/lane.ts';
import type { MarkerOwner } from '../domain/markers.ts';
import type { Page } from '../domain/page.ts';
import type { ExportState, Run, SkippedOccurrence } from '../domain/run.ts';
import type {
  Revision,
  SavedConnection,
  SavedExport,
  SavedNotifications,
  SavedRefresh,
} from '../domain/saved.ts';
import type { Readers, Slice } from '../domain/slice.ts';
import type { Slots } from '../domain/slots.ts';
import type { SnapshotManifest } from '../domain/snapshot.ts';
import type { TagCall } from '../domain/tag-call.ts';
import type { Rows } from './rows.ts';

/** Every table of the app. The comment gives partition / key. */
export interface Store {
  /** `connections` / connection id */
  readonly connections: Rows<SavedConnection>;
  /** `exports` / export id */
  readonly exports: Rows<SavedExport>;
  /** `notifications` / `settings` */
  readonly notifications: Rows<SavedNotifications>;
  /** `connection-` or `export-` and its id, or `schedule` or `notifications` / revision number */
  readonly revisions: Rows<Revision>;
  /** `schedule` / `refresh` */
  readonly schedule: Rows<SavedRefresh>;
  /** `exports` / export id */
  readonly states: Rows<ExportState>;
  /** export id / run id */
  readonly runs: Rows<Run>;
  /** export id / occurrence */
  readonly skipped: Rows<SkippedOccurrence>;
  /** run id / slice number */
  readonly slices: Rows<Slice>;
  /** `environments` / environment */
  readonly readers: Rows<Readers>;
  /** run id / page number */
  readonly pages: Rows<Page>;
  /** `brands` / brand id */
  readonly brands: Rows<BrandState>;
  /** brand id / marker name */
  readonly markers: Rows<MarkerOwner>;
  /** brand id / lane number */
  readonly lanes: Rows<Lane>;
  /** run id / key of the call */
  readonly tagCalls: Rows<TagCall>;
  /** brand id / `all`, and `tags` for what tag calls take besides */
  readonly slots: Rows<Slots>;
  /** export id / brand id */
  readonly snapshots: Rows<SnapshotManifest>;
  /** `forgotten` / the address, hashed with the app's own secret */
  readonly forgotten: Rows<Forgotten>;
}
