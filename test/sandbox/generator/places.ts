import type { NonEmpty } from './random.ts';

/** How mobile numbers of a country are written. `lead` + 7 digits is the national significant number. */
export type NumberPlan = {
  readonly callingCode: string;
  readonly leads: NonEmpty<string>;
  readonly trunkPrefixes: NonEmpty<string>;
};

export type Place = {
  readonly countryCode: string;
  /** English and local names and ISO 3166-1 codes, as people type them. */
  readonly names: NonEmpty<string>;
  readonly cities: NonEmpty<readonly [city: string, state: string | null]>;
  readonly postcode: (number: number) => string;
  readonly numbers: NumberPlan;
};

function digits(number: number, length: number): string {
  return String(number % 10 ** length).padStart(length, '0');
}

export const PLACES: NonEmpty<Place> = [
  {
    countryCode: 'US',
    names: ['USA', 'United States', 'US', 'United States of America'],
    cities: [
      ['New York', 'NY'],
      ['Springfield', 'IL'],
      ['San José', 'CA'],
      ['Austin', 'TX'],
    ],
    postcode: (n) => String(10_000 + (n % 89_999)),
    numbers: { callingCode: '1', leads: ['212', '415', '312', '617', '206', '512'], trunkPrefixes: [''] },
  },
  {
    countryCode: 'DE',
    names: ['Germany', 'Deutschland', 'DE', 'DEU'],
    cities: [
      ['Berlin', null],
      ['München', 'Bayern'],
      ['Köln', 'Nordrhein-Westfalen'],
      ['Dresden', 'Sachsen'],
    ],
    postcode: (n) => digits(1_000 + (n % 98_000), 5),
    numbers: { callingCode: '49', leads: ['1511', '1514', '1516', '1517'], trunkPrefixes: ['0'] },
  },
  {
    countryCode: 'GB',
    names: ['United Kingdom', 'UK', 'GB', 'GBR'],
    cities: [
      ['London', null],
      ['Leeds', 'West Yorkshire'],
      ['Glasgow', 'Scotland'],
    ],
    postcode: (n) => `LS${1 + (n % 9)} ${1 + ((n >>> 4) % 8)}AB`,
    numbers: { callingCode: '44', leads: ['740', '741', '750', '777'], trunkPrefixes: ['0'] },
  },
  {
    countryCode: 'LT',
    names: ['Lithuania', 'Lietuva', 'LT', 'LTU'],
    cities: [
      ['Vilnius', null],
      ['Kaunas', null],
      ['Klaipėda', null],
      ['Šiauliai', null],
    ],
    postcode: (n) => `LT-${digits(n, 5)}`,
    numbers: { callingCode: '370', leads: ['6'], trunkPrefixes: ['8', '0'] },
  },
  {
    countryCode: 'FR',
    names: ['France', 'FR', 'FRA'],
    cities: [
      ['Paris', null],
      ['Nîmes', 'Occitanie'],
      ['Besançon', null],
    ],
    postcode: (n) => digits(1_000 + (n % 94_000), 5),
    numbers: { callingCode: '33', leads: ['61', '62', '66'], trunkPrefixes: ['0'] },
  },
  {
    countryCode: 'PL',
    names: ['Poland', 'Polska', 'PL', 'POL'],
    cities: [
      ['Warszawa', null],
      ['Łódź', null],
      ['Gdańsk', 'pomorskie'],
    ],
    postcode: (n) => `${digits(n, 2)}-${digits(n >>> 3, 3)}`,
    numbers: { callingCode: '48', leads: ['51', '60', '66'], trunkPrefixes: [''] },
  },
  {
    countryCode: 'ES',
    names: ['Spain', 'España', 'ES', 'ESP'],
    cities: [
      ['Málaga', 'Andalucía'],
      ['Madrid', null],
      ['A Coruña', 'Galicia'],
    ],
    postcode: (n) => digits(1_000 + (n % 51_000), 5),
    numbers: { callingCode: '34', leads: ['61', '65'], trunkPrefixes: [''] },
  },
  {
    countryCode: 'IT',
    names: ['Italy', 'Italia', 'IT', 'ITA'],
    cities: [
      ['Milano', 'MI'],
      ['Forlì', 'FC'],
      ['Roma', 'RM'],
    ],
    postcode: (n) => digits(100 + (n % 98_000), 5),
    numbers: { callingCode: '39', leads: ['347', '333'], trunkPrefixes: [''] },
  },
  {
    countryCode: 'NL',
    names: ['Netherlands', 'Nederland', 'NL', 'NLD'],
    cities: [
      ['Utrecht', null],
      ["'s-Hertogenbosch", 'Noord-Brabant'],
      ['Den Haag', null],
    ],
    postcode: (n) => `${1_000 + (n % 8_999)} AB`,
    numbers: { callingCode: '31', leads: ['61', '62'], trunkPrefixes: ['0'] },
  },
  {
    countryCode: 'JP',
    names: ['Japan', '日本', 'JP', 'JPN'],
    cities: [
      ['東京都', null],
      ['大阪市', '大阪府'],
    ],
    postcode: (n) => `${digits(n, 3)}-${digits(n >>> 4, 4)}`,
    numbers: { callingCode: '81', leads: ['901', '902'], trunkPrefixes: ['0'] },
  },
  {
    countryCode: 'CI',
    names: ["Côte d'Ivoire", 'Ivory Coast', 'CI', 'CIV'],
    cities: [
      ['Abidjan', null],
      ['Bouaké', null],
    ],
    postcode: (n) => `${digits(n, 2)} BP ${1 + (n % 400)}`,
    numbers: { callingCode: '225', leads: ['070', '071'], trunkPrefixes: [''] },
  },
];

/** Text in a country column that names no country. */
export const UNKNOWN_COUNTRIES: NonEmpty<string> = ['Atlantis', 'Ruritania', 'Worldwide'];
