import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isLoopbackAddress, isPublicAddress } from '../../../shared/adapters/notifications/public-address.ts';

it.each([
  '20.50.2.1',
  '52.112.0.1',
  '172.15.255.255',
  '172.32.0.1',
  '192.167.255.255',
  '100.63.255.255',
  '100.128.0.1',
  '168.63.129.17',
  '223.255.255.255',
  '2603:1030::1',
  '2a01:111::1',
])('%s is public', (address) => {
  expect(isPublicAddress(address)).toBe(true);
});

it.each([
  '0.0.0.0',
  '10.0.0.1',
  '100.64.0.1',
  '127.0.0.1',
  '127.8.8.8',
  '168.63.129.16',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.0.0.1',
  '192.0.2.1',
  '192.168.1.1',
  '198.18.0.1',
  '198.51.100.1',
  '203.0.113.1',
  '224.0.0.1',
  '240.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::ffff:10.0.0.1',
  // A public address in other clothes: not needed, and one form less to get wrong.
  '::ffff:20.50.2.1',
  '64:ff9b::a00:1',
  'fc00::1',
  'fd12:3456::1',
  'fe80::1',
  'fe80::1%eth0',
  'ff02::1',
  '2001::1',
  '2001:db8::1',
  '2002:a00:1::1',
  '3fff::1',
  '',
  'localhost',
  '1.2.3',
  '0x7f.0.0.1',
  '2130706433',
])('%s is not', (address) => {
  expect(isPublicAddress(address)).toBe(false);
});

it('nothing is both public and of this machine', () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV4Extended(), fc.ipV6()), (address) => {
      expect(isPublicAddress(address) && isLoopbackAddress(address)).toBe(false);
    }),
  );
  expect(['127.0.0.1', '127.1.2.3', '::1', '10.0.0.1', '127.x'].map(isLoopbackAddress)).toEqual([
    true,
    true,
    true,
    false,
    false,
  ]);
});
