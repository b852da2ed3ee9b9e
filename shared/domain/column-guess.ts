import { type OptionalField, optionalFields } from './definition.ts';

/** A contact field that a column may be matched to. */
export type GuessedField = 'email' | OptionalField;

export interface NamedColumn {
  readonly name: string;
  readonly displayName?: string | undefined;
  /** What Customer Insights itself takes the column for, e.g. `Identity.Service.Email` or `PersonFirstName`. */
  readonly semanticType?: string | undefined;
}

interface Signs {
  readonly semantic: readonly string[];
  /** Names that say it plainly, the likeliest first. */
  readonly names: readonly string[];
  /** What else a name may end in: `ContactFirstName`, `contactfirstname`. */
  readonly endings: readonly string[];
  /** Its last word, for endings that other words have too: `HomeCity`, but not `velocity`. */
  readonly lastWords?: readonly string[];
}

/**
 * Signs of each field, in lower-case letters and digits alone. Semantic types are those of Customer Insights:
 * https://learn.microsoft.com/dynamics365/customer-insights/data/data-unification-map-tables
 */
const signs: Readonly<Record<GuessedField, Signs>> = {
  email: {
    semantic: ['identityserviceemail'],
    names: ['email', 'emailaddress', 'emailaddress1', 'primaryemail', 'mail', 'mailaddress', 'emailid'],
    endings: ['email', 'emailaddress'],
  },
  firstName: {
    semantic: ['personfirstname'],
    names: ['firstname', 'givenname', 'forename', 'fname', 'vorname', 'prenom', 'vardas'],
    endings: ['firstname', 'givenname'],
  },
  lastName: {
    semantic: ['personlastname'],
    names: ['lastname', 'surname', 'familyname', 'lname', 'nachname', 'nomdefamille', 'pavarde'],
    endings: ['lastname', 'surname', 'familyname'],
  },
  address: {
    semantic: ['locationaddressstreet', 'locationaddress'],
    names: [
      'streetaddress',
      'street',
      'address',
      'addressline1',
      'address1',
      'address1line1',
      'addressstreet',
      'street1',
    ],
    endings: ['streetaddress', 'addressline1'],
    lastWords: ['street'],
  },
  city: {
    semantic: ['locationcity'],
    names: ['city', 'town', 'addresscity', 'address1city', 'citytown', 'towncity', 'locality'],
    endings: [],
    lastWords: ['city', 'town'],
  },
  state: {
    semantic: ['locationstate', 'locationprovince'],
    names: ['state', 'province', 'stateprovince', 'stateorprovince', 'address1stateorprovince', 'county'],
    endings: ['stateprovince', 'stateorprovince', 'province'],
  },
  postalCode: {
    semantic: ['locationpostalcode', 'locationzipcode'],
    names: ['postcode', 'postalcode', 'zip', 'zipcode', 'zippostalcode', 'address1postalcode', 'plz'],
    endings: ['postcode', 'postalcode', 'zipcode'],
    lastWords: ['zip'],
  },
  country: {
    semantic: ['locationcountry'],
    names: ['country', 'countryregion', 'countrycode', 'countryname', 'address1country', 'nation'],
    endings: ['country', 'countryregion', 'countrycode'],
  },
  phone: {
    semantic: ['identityservicephone'],
    names: ['mobilephone', 'mobile', 'telephone', 'phone', 'phonenumber', 'telephone1', 'cellphone', 'tel'],
    endings: ['telephone', 'phonenumber', 'phone'],
    lastWords: ['mobile'],
  },
  birthdate: {
    semantic: ['personbirthdate', 'persondateofbirth', 'personbirthday'],
    names: ['dateofbirth', 'birthdate', 'birthday', 'dob', 'bday'],
    endings: ['dateofbirth', 'birthdate', 'birthday'],
  },
  gender: { semantic: ['persongender'], names: ['gender', 'sex', 'gendercode'], endings: ['gender'] },
};

/** What makes a name another thing than its ending says: `DoNotEmail` is a wish, `EmergencyPhone` another person's. */
const misleading =
  /^(?:donot|dont|no|has|is|allow|opt|valid)|previous|former|emergency|spouse|parent|manager/;

const plain = (text: string): string =>
  text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/^[a-z]+ci_/, '')
    .replace(/[^a-z0-9]/g, '');

const lastWordOf = (text: string): string =>
  plain(text.split(/[^A-Za-z0-9]+|(?<=[a-z])(?=[A-Z])/).at(-1) ?? '');

/** How sure it is; 0 where nothing speaks for it. */
const scoreOf = (column: NamedColumn, { semantic, names, endings, lastWords = [] }: Signs): number => {
  if (semantic.includes(plain(column.semanticType ?? ''))) return 1_000;
  const scores = [column.name, column.displayName ?? ''].map((text, place) => {
    const name = plain(text);
    // The display name is anybody's free text, so the name goes before it.
    const position = names.indexOf(name);
    if (position !== -1) return 500 - position - place * 200;
    const word = lastWordOf(text);
    const ending = endings.find((end) => name.endsWith(end)) ?? lastWords.find((last) => last === word);
    if (ending === undefined || misleading.test(name.slice(0, -ending.length))) return 0;
    return 100 - place * 50;
  });
  return Math.max(...scores);
};

/**
 * What each column is likely to hold, in the order of the columns; `null` where nothing speaks for a field. Each field
 * is guessed of one column at most, the e-mail first; of equals, the first column.
 */
export const guessFields = (columns: readonly NamedColumn[]): readonly (GuessedField | null)[] => {
  const guesses = new Array<GuessedField | null>(columns.length).fill(null);
  for (const field of ['email', ...optionalFields] as const) {
    let best = { place: -1, score: 0 };
    for (const [place, column] of columns.entries()) {
      if (guesses[place] !== null) continue;
      const score = scoreOf(column, signs[field]);
      if (score > best.score) best = { place, score };
    }
    if (best.place !== -1) guesses[best.place] = field;
  }
  return guesses;
};
