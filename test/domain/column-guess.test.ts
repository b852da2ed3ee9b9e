import { describe, expect, it } from 'vitest';
import { type GuessedField, guessFields, type NamedColumn } from '../../shared/domain/column-guess.ts';

describe('a column is taken for', () => {
  const cases: readonly (readonly [string, GuessedField | null])[] = [
    ['EMail', 'email'],
    ['e_mail', 'email'],
    ['E-mail', 'email'],
    ['msdynci_email', 'email'],
    ['EmailAddress1', 'email'],
    ['PrimaryEmail', 'email'],
    ['ContactEmail', 'email'],
    ['FirstName', 'firstName'],
    ['given_name', 'firstName'],
    ['Prénom', 'firstName'],
    ['LastName', 'lastName'],
    ['Surname', 'lastName'],
    ['StreetAddress', 'address'],
    ['Address', 'address'],
    ['address1_line1', 'address'],
    ['City', 'city'],
    ['HomeCity', 'city'],
    ['State', 'state'],
    ['State/Province', 'state'],
    ['PostCode', 'postalCode'],
    ['ZIP', 'postalCode'],
    ['Zip/Postal code', 'postalCode'],
    ['Country', 'country'],
    ['Country/Region', 'country'],
    ['Telephone', 'phone'],
    ['mobilephone', 'phone'],
    ['DateOfBirth', 'birthdate'],
    ['birth_date', 'birthdate'],
    ['Gender', 'gender'],
    ['FullName', null],
    ['CustomerId', null],
    ['EmailSubscriber', null],
    ['EmailStatus', null],
    ['DoNotEmail', null],
    ['HasEmail', null],
    ['EmergencyPhone', null],
    ['Loyalty_Tier', null],
    ['Estate', null],
    ['Velocity', null],
    ['', null],
  ];
  it.each(cases)('%j: %s', (name, field) => {
    expect(guessFields([{ name }])).toEqual([field]);
  });
});

describe('of several columns', () => {
  const cases: readonly {
    readonly id: string;
    readonly given: readonly NamedColumn[];
    readonly expected: readonly (GuessedField | null)[];
  }[] = [
    {
      id: 'the plainest name is taken',
      given: [{ name: 'WorkEmail' }, { name: 'EMail' }, { name: 'EmailAddress' }],
      expected: [null, 'email', null],
    },
    {
      id: 'the semantic type goes before the name',
      given: [{ name: 'EMail' }, { name: 'col_17', semanticType: 'Identity.Service.Email' }],
      expected: [null, 'email'],
    },
    {
      id: 'the semantic type of another field is not overruled by the name of this one',
      given: [{ name: 'City', semanticType: 'LocationCity' }, { name: 'Town' }],
      expected: ['city', null],
    },
    {
      id: 'the name goes before the display name',
      given: [
        { name: 'field7', displayName: 'First name' },
        { name: 'FirstName', displayName: 'x' },
      ],
      expected: [null, 'firstName'],
    },
    {
      id: 'the display name helps where the name says nothing',
      given: [{ name: 'field7', displayName: 'First name' }],
      expected: ['firstName'],
    },
    {
      id: 'the first of equals is taken',
      given: [{ name: 'HomeZip' }, { name: 'WorkZip' }],
      expected: ['postalCode', null],
    },
    {
      id: 'an e-mail address is no street',
      given: [{ name: 'Email address' }, { name: 'Address' }],
      expected: ['email', 'address'],
    },
    { id: 'none is made of none', given: [], expected: [] },
  ];
  it.each(cases)('$id', ({ given, expected }) => {
    expect(guessFields(given)).toEqual(expected);
  });
});
