import { expect, test } from 'vitest';
import { exportDefinition } from '../../shared/domain/definition.ts';
import { madeMarkers, markerFaults, markerNames } from '../../shared/domain/markers.ts';
import { definitionOf } from './planning.ts';

test('a marker is named after its segment, in the order of the segments', () => {
  expect(markerNames(definitionOf({ segments: ['B', 'A'], markerPrefix: 'eu_' }))).toEqual(['eu_B', 'eu_A']);
});

test('without markers there are no names, and so no faults', () => {
  const definition = definitionOf({ marker: 'none', segments: ['x'.repeat(128)] });
  expect(markerNames(definition)).toEqual([]);
  expect(markerFaults(definition)).toEqual([]);
});

test.each([
  ['property', { properties: ['segment_A'], tags: [] }],
  ['tag', { properties: [], tags: ['segment_A'] }],
  ['none', { properties: [], tags: [] }],
])('kind %s makes names of that kind only', (marker, made) => {
  expect(madeMarkers(definitionOf({ marker, segments: ['A'] }))).toEqual(made);
});

test.each(['property', 'tag'])(
  'a %s of 128 characters is allowed, one of 129 is a fault that names the segment',
  (marker) => {
    const definition = definitionOf({
      marker,
      segments: ['x'.repeat(120), 'y'.repeat(119), 'z'.repeat(121)],
      markerPrefix: 'segment_',
    });
    expect(markerFaults(definition).map(({ field }) => field)).toEqual(['segments[2]']);
  },
);

test('a marker property may not be named as a custom property of the export is; a tag may', () => {
  const customProperties = { segment_B: { from: 'Column' } };
  expect(markerFaults(definitionOf({ customProperties })).map(({ field }) => field)).toEqual(['segments[1]']);
  expect(markerFaults(definitionOf({ customProperties, marker: 'tag' }))).toEqual([]);
});

test('a tag has only characters that Omnisend lets through', () => {
  const names = markerNames(
    definitionOf({ marker: 'tag', segments: ['Male_under_40'], markerPrefix: 'eu_1_' }),
  );
  for (const name of names) expect(name).toMatch(/^[A-Za-z0-9_\- ]{1,128}$/);
  expect(exportDefinition.safeParse({ ...definitionOf(), markerPrefix: 'a,b' }).success).toBe(false);
});
