export type Scope = 'contacts.read' | 'contacts.write' | 'brands.read';

export type SeedBrand = { readonly brandID: string; readonly name: string; readonly website: string };

export type SeedKey = {
  readonly name: keyof typeof seedKeys;
  readonly key: string;
  readonly brandID: string;
  readonly scopes: readonly Scope[];
  readonly revoked: boolean;
};

export const seedBrands = [
  { brandID: '5f00000000000000000000a1', name: 'Sandbox Brand A', website: 'https://a.example.com' },
  { brandID: '5f00000000000000000000b2', name: 'Sandbox Brand B', website: 'https://b.example.com' },
] as const satisfies readonly SeedBrand[];

const [brandA, brandB] = seedBrands;

/** API keys by name, in Omnisend's shape `<24 hex brand id>-<secret>`. They open nothing but the simulator. */
export const seedKeys = {
  full: `${brandA.brandID}-sandboxFull`,
  second: `${brandA.brandID}-sandboxSecond`,
  contactsOnly: `${brandA.brandID}-sandboxContactsOnly`,
  readOnly: `${brandA.brandID}-sandboxReadOnly`,
  revoked: `${brandA.brandID}-sandboxRevoked`,
  otherBrand: `${brandB.brandID}-sandboxOtherBrand`,
} as const;

const everyScope: readonly Scope[] = ['contacts.read', 'contacts.write', 'brands.read'];

function seedKey(
  name: keyof typeof seedKeys,
  scopes: readonly Scope[] = everyScope,
  revoked = false,
): SeedKey {
  const key = seedKeys[name];
  return { name, key, brandID: key.slice(0, 24), scopes, revoked };
}

export const keyRecords: readonly SeedKey[] = [
  seedKey('full'),
  seedKey('second'),
  seedKey('contactsOnly', ['contacts.read', 'contacts.write']),
  seedKey('readOnly', ['contacts.read', 'brands.read']),
  seedKey('revoked', everyScope, true),
  seedKey('otherBrand'),
];
