import type { Ports } from '../ports/ports.ts';

interface Counted {
  readonly ports: Ports;
  /** Requests made to Omnisend through these ports so far, whatever came of them. */
  readonly requests: () => number;
}

/** The same ports for one step, which tells with its other figures how much of the brand's budget it used. */
export const countRequests = (ports: Ports): Counted => {
  let requests = 0;
  const counted =
    <A extends readonly unknown[], T>(request: (...args: A) => Promise<T>) =>
    (...args: A): Promise<T> => {
      requests += 1;
      return request(...args);
    };
  const { destination } = ports;
  return {
    ports: {
      ...ports,
      destination: {
        brand: counted(destination.brand),
        postBatch: counted(destination.postBatch),
        writeContact: counted(destination.writeContact),
        changeTags: counted(destination.changeTags),
        listBatches: counted(destination.listBatches),
        readBatch: counted(destination.readBatch),
        readItems: counted(destination.readItems),
        // No request: it only says what one would be.
        requestDigest: destination.requestDigest,
      },
    },
    requests: () => requests,
  };
};
