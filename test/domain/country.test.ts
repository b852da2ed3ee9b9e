import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { countryCodeOf } from '../../shared/domain/country.ts';
import { countryNames } from '../../shared/domain/country-names.ts';
import { countryNamesSource } from '../tools/generate-countries.ts';

describe('countryCodeOf', () => {
  it.each([
    ['US', 'US'],
    ['us', 'US'],
    ['usa', 'US'],
    ['U.S.A.', 'US'],
    ['United States of America', 'US'],
    ['États-Unis', 'US'],
    ['UK', 'GB'],
    ['GBR', 'GB'],
    ['England', 'GB'],
    ['Scotland', 'GB'],
    ['Northern Ireland', 'GB'],
    ['Holland', 'NL'],
    ['the Netherlands', 'NL'],
    ['Nederland', 'NL'],
    ['Deutschland', 'DE'],
    ['germany', 'DE'],
    ['Österreich', 'AT'],
    ['Osterreich', 'AT'],
    ['Oesterreich', 'AT'],
    ['Lietuva', 'LT'],
    ['Latvija', 'LV'],
    ['Eesti', 'EE'],
    ['Polska', 'PL'],
    ['Česko', 'CZ'],
    ['España', 'ES'],
    ['Espana', 'ES'],
    ['Suomi', 'FI'],
    ['Sverige', 'SE'],
    ['Norge', 'NO'],
    ['Danmark', 'DK'],
    ['Magyarország', 'HU'],
    ['Ελλάδα', 'GR'],
    ['Україна', 'UA'],
    ['日本', 'JP'],
    ['Türkiye', 'TR'],
    ['Trinidad & Tobago', 'TT'],
    ["COTE D'IVOIRE", 'CI'],
    ['Côte d’Ivoire', 'CI'],
    ['The Gambia', 'GM'],
    ['Niger', 'NE'],
    ['Nigeria', 'NG'],
    ['Dominica', 'DM'],
    ['Dominican Republic', 'DO'],
    ['Congo-Kinshasa', 'CD'],
  ])('%s → %s', (text, code) => {
    expect(countryCodeOf(text)).toBe(code);
  });

  it.each([
    ['Congo'],
    ['Atlantis'],
    ['ZZ'],
    ['XK'],
    ['constructor'],
    ['__proto__'],
    ['the constructor'],
    ['|'],
    [''],
  ])('%s is not known for certain', (text) => {
    expect(countryCodeOf(text)).toBeUndefined();
  });
});

describe('the table', () => {
  const file = readFileSync(new URL('../../shared/domain/country-names.ts', import.meta.url), 'utf8');

  it('is what `node test/tools/generate-countries.ts` makes', () => {
    expect(file).toBe(countryNamesSource());
  });

  it('is compact and has every country of ISO 3166-1', () => {
    expect(Buffer.byteLength(file)).toBeLessThan(60_000);
    expect(Object.keys(countryNames)).toHaveLength(249);
  });

  it('gives each name to one country, and each country its own code', () => {
    const names = Object.values(countryNames).flatMap((text) => text.split('|'));
    expect(new Set(names).size).toBe(names.length);
    for (const code of Object.keys(countryNames)) expect(countryCodeOf(code)).toBe(code);
  });
});
