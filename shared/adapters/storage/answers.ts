/** Error codes of the storage service that are expected answers. The status alone would also say "no such table". */
type ExpectedCode =
  | 'ResourceNotFound'
  | 'EntityAlreadyExists'
  | 'UpdateConditionNotSatisfied'
  | 'BlobNotFound';

/** The promise's value, or `undefined` where the service refused with one of `codes`. */
export const unless = async <T>(
  codes: readonly ExpectedCode[],
  asked: Promise<T>,
): Promise<T | undefined> => {
  try {
    return await asked;
  } catch (error) {
    const code = errorCode(error);
    if (codes.some((expected) => expected === code)) return undefined;
    throw error;
  }
};

/** Blobs, queues and table transactions carry the code in `code`, other table calls in `details.odataError.code`. */
export const errorCode = (error: unknown): unknown =>
  property(error, 'code') ?? property(property(property(error, 'details'), 'odataError'), 'code');

const property = (from: unknown, name: string): unknown =>
  typeof from === 'object' && from !== null ? Object.getOwnPropertyDescriptor(from, name)?.value : undefined;
