import type { Destination } from '../../ports/destination.ts';
import { listBatches, postBatch, readBatch, readItems } from './batches.ts';
import { readBrand } from './brand.ts';
import type { ClientOptions } from './client.ts';
import { writeContact } from './contact.ts';
import { contactRequest, digestOf } from './contacts.ts';
import { changeTags } from './tags.ts';

/** Omnisend's REST API as the app's destination. */
export const omnisendDestination = (given: ClientOptions): Destination => {
  const options: ClientOptions = { ...given, baseUrl: given.baseUrl.replace(/\/+$/, '') };
  return {
    brand: (apiKey) => readBrand(options, apiKey),
    // async: a batch (or a tag call) of the wrong size is a rejection, as every other failure of this call.
    postBatch: async (apiKey, batch) => postBatch(options, apiKey, batch),
    writeContact: (apiKey, change, contactOptions) => writeContact(options, apiKey, change, contactOptions),
    changeTags: async (apiKey, change) => changeTags(options, apiKey, change),
    listBatches: (apiKey, query) => listBatches(options, apiKey, query),
    readBatch: (apiKey, id) => readBatch(options, apiKey, id),
    readItems: (apiKey, id) => readItems(options, apiKey, id),
    requestDigest: (change, contactOptions) => digestOf(contactRequest(change, contactOptions)),
  };
};
