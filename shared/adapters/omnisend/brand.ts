import { z } from 'zod';
import type { DestinationAnswer } from '../../domain/answers.ts';
import { brandId } from '../../domain/ids.ts';
import type { Brand } from '../../ports/destination.ts';
import { type ClientOptions, request } from './client.ts';

const brandAnswer = z
  .object({ brandID: brandId, name: z.string().max(200).catch('') })
  .transform(({ brandID, name }): Brand => ({ id: brandID, name }));

/** `forbidden` says that the key is real but may not read brands: it may export all the same. */
export const readBrand = (options: ClientOptions, apiKey: string): Promise<DestinationAnswer<Brand>> =>
  request(options, { apiKey, method: 'GET', path: '/brands/current', schema: brandAnswer });
