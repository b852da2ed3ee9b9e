export type AddressCheck =
  /** `host`: as the address has it, in lower case. */
  | { readonly kind: 'ok'; readonly host: string }
  /** No host is allowed at all. */
  | { readonly kind: 'off' }
  /** `reason`: a sentence that does not repeat the address. */
  | { readonly kind: 'refused'; readonly reason: string };

export type Delivery =
  | { readonly kind: 'delivered' }
  /** `code` says why (`status-500`, `redirect`, `time-out`, `address-not-public`, …) without any word of the other side's. */
  | { readonly kind: 'failed'; readonly code: string };

/** Posts a message to an address that an administrator gave, which is a secret. Never throws for what a network may do. */
export interface Notifier {
  /** Whether such an address may be used. Asks nobody. */
  check(url: string): AddressCheck;
  send(
    url: string,
    message: { readonly body: string; readonly headers: Readonly<Record<string, string>> },
  ): Promise<Delivery>;
}
