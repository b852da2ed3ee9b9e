import type { Client } from './client.ts';
import { filtered, type SegmentForm, segmentFilter } from './filter.ts';
import { idColumn, membershipSet } from './names.ts';

/** The address of the memberships in these segments, further narrowed by `narrowed`. */
export const membershipsAddress = (
  client: Client,
  segments: readonly string[],
  form: SegmentForm,
  narrowed?: string,
): URL =>
  client.address(membershipSet, {
    ...filtered(narrowed, segmentFilter(segments, form)),
    $select: `${idColumn},msdynci_segments`,
  });
