import { expect, test } from 'vitest';
import { markerFaults, markerNames } from '../../shared/domain/markers.ts';
import { definitionOf } from './planning.ts';

test('a marker is named after its segment, in the order of the segments', () => {
  expect(markerNames(definitionOf({ segments: ['B', 'A'], markerPrefix: 'eu_' }))).toEqual(['eu_B', 'eu_A']);
});

test('without markers there are no names, and so no faults', () => {
  const definition = definitionOf({ marker: 'none', segments: ['x'.repeat(128)] });
  expect(markerNames(definition)).toEqual([]);
  expect(markerFaults(definition)).toEqual([]);
});

test('a name of 128 characters is allowed, one of 129 is a fault that names the segment', () => {
  const definition = definitionOf({
    segments: ['x'.repeat(120), 'y'.repeat(119), 'z'.repeat(121)],
    markerPrefix: 'segment_',
  });
  expect(markerFaults(definition).map(({ field }) => field)).toEqual(['segments[2]']);
});

test('a marker may not be named as a custom property of the export is', () => {
  const definition = definitionOf({ customProperties: { segment_B: { from: 'Column' } } });
  expect(markerFaults(definition).map(({ field }) => field)).toEqual(['segments[1]']);
});
