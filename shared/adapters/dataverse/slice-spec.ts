/** What a slice's `spec` says: the customer ids it is for, and how long a scan of their profiles would be. */
export interface Extent {
  /** Beginning of the customer ids; the empty one is every customer. */
  readonly prefix: string;
  /** About how many pages of profiles there are; `undefined` where nobody knows. */
  readonly profilePages: number | undefined;
}

export const writeExtent = ({ prefix, profilePages }: Extent): string =>
  profilePages === undefined ? prefix : `${prefix}:${profilePages}`;

export const readExtent = (spec: string): Extent => {
  const [prefix = '', pages] = spec.split(':');
  return { prefix, profilePages: pages === undefined ? undefined : Number(pages) };
};
