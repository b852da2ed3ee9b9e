import type { Client } from './client.ts';
import { filtered, type SegmentForm, segmentFilter } from './filter.ts';

/** The address of the memberships in these segments, further narrowed by `narrowed`. */
export const membershipsAddress = (
  client: Client,
  segments: readonly string[],
  form: SegmentForm,
  narrowed?: string,
): URL =>
  client.address('msdynci_segmentmemberships', {
    ...filtered(narrowed, segmentFilter(segments, form)),
    $select: 'msdynci_customerid,msdynci_segments',
  });
