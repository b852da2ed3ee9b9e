import type { LookupAddress, LookupAllOptions } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import type { AddressCheck, Delivery, Notifier } from '../../ports/notifier.ts';
import { isLoopbackAddress, isPublicAddress } from './public-address.ts';

/** Every address of a name, as `dns.lookup` gives them. */
export type Lookup = (
  hostname: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

export interface NotifierOptions {
  /** Lower case. Empty: notifications are off. */
  readonly hosts: readonly string[];
  /** Allows this machine too, and plain http to it. */
  readonly sandbox: boolean;
  /** 10 s, from the look-up of the name to the head of the answer. */
  readonly timeoutMs?: number;
  readonly lookup?: Lookup;
}

const refused = (reason: string): AddressCheck => ({ kind: 'refused', reason });

/** Brackets are of the URL, not of the address. */
const bare = (hostname: string): string => hostname.replace(/^\[|\]$/g, '');

const isLoopbackHost = (hostname: string): boolean =>
  hostname === 'localhost' || isLoopbackAddress(bare(hostname));

const checkAddress = (text: string, { hosts, sandbox }: NotifierOptions): AddressCheck => {
  if (hosts.length === 0) return { kind: 'off' };
  const url = URL.parse(text);
  if (url === null) return refused('It is no address.');
  const isOwn = sandbox && isLoopbackHost(url.hostname);
  if (url.protocol !== 'https:' && !(isOwn && url.protocol === 'http:')) return refused('It is not https.');
  if (url.username !== '' || url.password !== '') return refused('It carries a user name or a password.');
  if (url.hash !== '') return refused('It has a part behind "#".');
  if (url.port !== '' && !isOwn) return refused('It names a port.');
  return hosts.includes(url.hostname)
    ? { kind: 'ok', host: url.hostname }
    : refused('Its host is none of those that the setting NOTIFY_HOSTS allows.');
};

const notPublic = 'address-not-public';

class NotPublicError extends Error {
  readonly code = notPublic;
}

/**
 * Looks a name up for the socket itself, so that what is checked is what is connected to: a name that gives another
 * answer a moment later gains nothing. One address that is not allowed refuses all of them.
 */
const guardedLookup =
  (isAllowed: (address: string) => boolean, lookup: Lookup): LookupFunction =>
  (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, []);
      const [first] = addresses;
      if (first === undefined || !addresses.every(({ address }) => isAllowed(address)))
        return callback(new NotPublicError(), []);
      if (options.all) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };

/** The code of a failure, never its text, which may quote the address. */
const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown';

const outcomeOf = (status: number): Delivery => {
  if (status >= 200 && status < 300) return { kind: 'delivered' };
  return { kind: 'failed', code: status >= 300 && status < 400 ? 'redirect' : `status-${status}` };
};

/** Posts to hosts of an allow-list at public addresses, over https. Follows nothing, reads no answer but its status. */
export const httpNotifier = (options: NotifierOptions): Notifier => {
  const { sandbox, timeoutMs = 10_000 } = options;
  const isAllowed = (address: string): boolean =>
    isPublicAddress(address) || (sandbox && isLoopbackAddress(address));
  return {
    check: (url) => checkAddress(url, options),

    async send(text, { body, headers }) {
      // Asked again: the allow-list may be another one than when the address was stored.
      const checked = checkAddress(text, options);
      if (checked.kind !== 'ok') return { kind: 'failed', code: 'host-not-allowed' };
      const url = new URL(text);
      // A socket does not look up what is an address already.
      if (isIP(bare(url.hostname)) !== 0 && !isAllowed(bare(url.hostname)))
        return { kind: 'failed', code: notPublic };
      // Loaded at first use: they open a channel to the name servers, which most runs do not need.
      const lookup = options.lookup ?? (await import('node:dns')).lookup;
      const { request } = url.protocol === 'https:' ? await import('node:https') : await import('node:http');
      const signal = AbortSignal.timeout(timeoutMs);
      return new Promise((resolve) => {
        const asked = request(url, {
          method: 'POST',
          // Of its own, so that nothing set for the whole process (a proxy, open sockets) comes in between.
          agent: false,
          lookup: guardedLookup(isAllowed, lookup),
          signal,
          headers: {
            ...headers,
            'content-type': 'application/json; charset=utf-8',
            'content-length': String(Buffer.byteLength(body)),
          },
        });
        asked.on('response', (response) => {
          response.on('error', () => undefined).destroy();
          resolve(outcomeOf(response.statusCode ?? 0));
        });
        asked.on('error', (error) =>
          resolve({ kind: 'failed', code: signal.aborted ? 'time-out' : codeOf(error) }),
        );
        asked.end(body);
      });
    },
  };
};
