import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { Caller } from '../shared/domain/access.ts';

/** Answers one operation of the API for somebody who may do it. */
export type ApiHandler = (http: HttpRequest, caller: Caller) => Promise<HttpResponseInit>;
