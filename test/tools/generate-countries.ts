/**
 * Makes `shared/domain/country-names.ts` from the names in i18n-iso-countries (MIT licence) and the aliases below:
 *
 *     node test/tools/generate-countries.ts
 */
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { z } from 'zod';
import { foldText } from '../../shared/domain/text.ts';

const output = new URL('../../shared/domain/country-names.ts', import.meta.url);

const load = createRequire(import.meta.url);
const locale = z.object({ countries: z.record(z.string(), z.union([z.string(), z.array(z.string())])) });
const codeList = z.array(z.tuple([z.string(), z.string()]).rest(z.string()));

/** Languages whose names of all countries are known; English decides where two languages disagree. */
const wholeLanguages = [
  'en',
  'de',
  'fr',
  'es',
  'it',
  'nl',
  'pl',
  'pt',
  'lt',
  'lv',
  'et',
  'sv',
  'da',
  'nb',
  'fi',
  'cs',
];

/** Main languages of further countries: each gives only the names of its own. */
const ownLanguages: Readonly<Record<string, string>> = {
  am: 'ET',
  ar: 'AE BH DJ DZ EG EH IQ JO KM KW LB LY MA MR OM PS QA SA SD SY TD TN YE',
  az: 'AZ',
  be: 'BY',
  bg: 'BG',
  bn: 'BD',
  bs: 'BA',
  ca: 'AD',
  dv: 'MV',
  el: 'CY GR',
  fa: 'AF IR',
  ga: 'IE',
  he: 'IL',
  hi: 'IN',
  hr: 'BA HR',
  hu: 'HU',
  hy: 'AM',
  id: 'ID',
  is: 'IS',
  ja: 'JP',
  ka: 'GE',
  kk: 'KZ',
  km: 'KH',
  ko: 'KP KR',
  ky: 'KG',
  mk: 'MK',
  mn: 'MN',
  ms: 'BN MY SG',
  mt: 'MT',
  nn: 'NO',
  ps: 'AF',
  ro: 'MD RO',
  ru: 'BY KG KZ RU',
  sk: 'SK',
  sl: 'SI',
  so: 'SO',
  sq: 'AL',
  sr: 'BA ME RS',
  sw: 'KE TZ UG',
  ta: 'LK SG',
  tg: 'TJ',
  th: 'TH',
  tk: 'TM',
  tr: 'CY TR',
  uk: 'UA',
  ur: 'PK',
  uz: 'UZ',
  vi: 'VN',
  zh: 'CN HK MO SG TW',
};

/** What people write besides; an alias wins over every other source. */
const aliases: Readonly<Record<string, string>> = {
  AE: 'Emirates|U.A.E.',
  AT: 'Oesterreich',
  BA: 'Bosnia|Bosna i Hercegovina',
  BE: 'Belgien|Belgique|België',
  BN: 'Brunei',
  BO: 'Bolivia',
  BY: 'Belarus|Weißrussland',
  CD: 'DR Congo|DRC|Democratic Republic of Congo|Congo-Kinshasa|Congo Kinshasa',
  CG: 'Congo-Brazzaville|Congo Republic|Republic of Congo',
  CH: 'Schweiz|Suisse|Svizzera|Svizra',
  CI: "Cote d'Ivoire",
  CN: 'PRC|Mainland China|PR China',
  CV: 'Cape Verde|Cabo Verde',
  CZ: 'Česko|Czech Rep|CR Czech',
  DE: 'Deutschland|BRD|Bundesrepublik Deutschland|Federal Republic of Germany',
  DO: 'Dominican Rep',
  ES: 'Espana',
  FK: 'Falkland Islands|Falklands',
  FM: 'Micronesia',
  GB: 'UK|U.K.|Groot-Brittannië|Grande-Bretagne|Gran Bretagna|Gran Bretaña|Inglaterra|Inghilterra|Great Britain|Britain|England|Scotland|Wales|Northern Ireland|United Kingdom of Great Britain and Northern Ireland',
  GR: 'EL|Hellas|Ellada',
  HK: 'Hong Kong SAR|Hongkong',
  IE: 'Republic of Ireland|Eire',
  IN: 'Bharat',
  IR: 'Iran',
  IT: 'Italia',
  KN: 'St Kitts and Nevis|St Kitts',
  KP: 'North Korea|DPRK',
  KR: 'South Korea|Korea South|Republic of Korea',
  LA: 'Laos|Lao',
  LC: 'St Lucia',
  LT: 'Lietuvos Respublika|Republic of Lithuania',
  LU: 'Letzebuerg|Lëtzebuerg|Luxemburg',
  MD: 'Moldova',
  MK: 'Macedonia|FYROM',
  MM: 'Burma',
  MO: 'Macau|Macao',
  NL: 'Holland|The Netherlands|Hollande|Holanda|Olanda',
  PS: 'Palestine|Palestinian Territories',
  RU: 'Russia',
  RS: 'Republic of Serbia',
  SK: 'Slovak Republic|Slovensko',
  ST: 'Sao Tome',
  SY: 'Syria',
  SZ: 'Swaziland|Eswatini',
  TL: 'East Timor|Timor-Leste',
  TR: 'Turkey|Turkiye',
  TW: 'Taiwan',
  TZ: 'Tanzania',
  US: 'États-Unis|Stati Uniti|USA|U.S.A.|U.S.|America|United States of America|The States|Estados Unidos|EUA|EE.UU.|EEUU',
  VA: 'Vatican|Vatican City|Holy See',
  VC: 'St Vincent and the Grenadines|St Vincent',
  VE: 'Venezuela',
  VG: 'British Virgin Islands',
  VI: 'US Virgin Islands|U.S. Virgin Islands',
  VN: 'Vietnam|Viet Nam',
};

/** Kosovo's `XK` is in common use, but not part of ISO 3166-1: its name goes as it is. */
const isoCodes = codeList
  .parse(load('i18n-iso-countries/codes.json'))
  .filter(([alpha2]) => alpha2 !== 'XK')
  .toSorted(([a], [b]) => (a < b ? -1 : 1));

const namesIn = (language: string, code: string): readonly string[] => {
  const names = countriesOf(language)[code] ?? [];
  return typeof names === 'string' ? [names] : names;
};

const locales = new Map<string, z.infer<typeof locale>['countries']>();
const countriesOf = (language: string): z.infer<typeof locale>['countries'] => {
  const known = locales.get(language);
  if (known !== undefined) return known;
  const { countries } = locale.parse(load(`i18n-iso-countries/langs/${language}.json`));
  locales.set(language, countries);
  return countries;
};

/** Sources of names in falling authority: a name that one of them gives to a single country is settled. */
const authorities: readonly ((alpha2: string, alpha3: string) => readonly string[])[] = [
  (alpha2) => aliases[alpha2]?.split('|') ?? [],
  (alpha2, alpha3) => [alpha2, alpha3],
  (alpha2) => namesIn('en', alpha2),
  (alpha2) =>
    Object.entries(ownLanguages)
      .filter(([, countries]) => countries.split(' ').includes(alpha2))
      .flatMap(([language]) => namesIn(language, alpha2)),
  (alpha2) => wholeLanguages.flatMap((language) => namesIn(language, alpha2)),
];

/** Folded name → code. A name that an authority gives to two countries (Congo) is known for neither. */
const settle = (): ReadonlyMap<string, string | undefined> => {
  const settled = new Map<string, string | undefined>();
  for (const namesOf of authorities) {
    const given = new Map<string, string | undefined>();
    for (const [alpha2, alpha3] of isoCodes) {
      for (const name of new Set(namesOf(alpha2, alpha3).map(foldText))) {
        given.set(name, given.has(name) && given.get(name) !== alpha2 ? undefined : alpha2);
      }
    }
    for (const [name, code] of given) if (!settled.has(name)) settled.set(name, code);
  }
  return settled;
};

const namesByCode = (): ReadonlyMap<string, readonly string[]> => {
  const byCode = new Map<string, string[]>(isoCodes.map(([alpha2]) => [alpha2, []]));
  for (const [name, code] of settle()) {
    if (code !== undefined && name !== '') byCode.get(code)?.push(name);
  }
  return byCode;
};

/** The text of the generated file, as the formatter leaves it. */
export const countryNamesSource = (): string =>
  [
    '/**',
    ' * Folded names and codes of each country, by ISO 3166-1 alpha-2 code. From i18n-iso-countries (MIT licence) and',
    ' * hand-written aliases. Generated: do not edit, run `node test/tools/generate-countries.ts`.',
    ' */',
    'export const countryNames: Readonly<Record<string, string>> = {',
    ...[...namesByCode()].map(([code, names]) => `  ${code}: '${names.toSorted().join('|')}',`),
    '};',
    '',
  ].join('\n');

if (import.meta.main) writeFileSync(output, countryNamesSource());
