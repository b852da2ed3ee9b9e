import type { z } from 'zod';
import { forgotten } from '../../domain/forgotten.ts';
import { brandState, lane } from '../../domain/lane.ts';
import { markerOwner } from '../../domain/markers.ts';
import { page } from '../../domain/page.ts';
import { exportState, run, skippedOccurrence } from '../../domain/run.ts';
import {
  revision,
  savedConnection,
  savedExport,
  savedNotifications,
  savedRefresh,
} from '../../domain/saved.ts';
import { readers, slice } from '../../domain/slice.ts';
import { slots } from '../../domain/slots.ts';
import { snapshotManifest } from '../../domain/snapshot.ts';
import { tagCall } from '../../domain/tag-call.ts';
import type { Rows } from '../../ports/rows.ts';
import type { Store } from '../../ports/store.ts';

/** Every table with its name and the schema of its rows; `open` says where they lie. */
export const storeOf = (open: <T>(table: string, schema: z.ZodType<T>) => Rows<T>): Store => ({
  connections: open('connections', savedConnection),
  exports: open('exports', savedExport),
  revisions: open('revisions', revision),
  notifications: open('notifications', savedNotifications),
  schedule: open('schedule', savedRefresh),
  states: open('states', exportState),
  runs: open('runs', run),
  skipped: open('skipped', skippedOccurrence),
  slices: open('slices', slice),
  readers: open('readers', readers),
  pages: open('pages', page),
  brands: open('brands', brandState),
  markers: open('markers', markerOwner),
  lanes: open('lanes', lane),
  tagCalls: open('tagcalls', tagCall),
  slots: open('slots', slots),
  snapshots: open('snapshots', snapshotManifest),
  forgotten: open('forgotten', forgotten),
});
