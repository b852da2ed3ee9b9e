/** Blobs by path; the first part of a path is the container: `runs/spool/…`, `snapshots/…`. */
export interface Blobs {
  /** Writes or overwrites. A repeated step writes identical bytes, so overwriting is harmless. */
  put(path: string, bytes: Uint8Array): Promise<void>;
  get(path: string): Promise<Uint8Array | undefined>;
  /** Bytes `[from, to)`; `undefined` where there is no such blob. */
  getRange(path: string, from: number, to: number): Promise<Uint8Array | undefined>;
  /** Paths with this prefix, in order. */
  list(prefix: string): Promise<readonly string[]>;
  /** Removes every blob with this prefix; none is success. */
  removeAll(prefix: string): Promise<void>;
}
