import type { HttpHandler } from '@azure/functions';
import { z } from 'zod';
import { connectionDefinition, exportDefinition, refreshSchedule } from '../shared/domain/definition.ts';
import { connectionId, exportId, runId } from '../shared/domain/ids.ts';
import { anonymous, type OperationSpec } from './operations/spec.ts';
import { operations } from './operations.ts';
import { problemView } from './views.ts';

type JsonObject = Readonly<Record<string, unknown>>;

/** `GET /api/openapi.json`, for anybody: it holds no data. Made at the first request, as starting the app has to be quick. */
export const openApi = (version: string): HttpHandler => {
  let text: string | undefined;
  return async () => {
    text ??= JSON.stringify(openApiDocument(version));
    return { headers: { 'content-type': 'application/json' }, body: text };
  };
};

/** Schemas with a name of their own, as callers keep such documents in files. */
const components: readonly (readonly [name: string, schema: z.ZodType])[] = [
  ['ConnectionDefinition', connectionDefinition],
  ['ExportDefinition', exportDefinition],
  ['RefreshSchedule', refreshSchedule],
  ['Problem', problemView],
];

/** https://spec.openapis.org/oas/v3.1.1.html */
export const openApiDocument = (version: string): JsonObject => {
  const paths: Record<string, JsonObject> = {};
  for (const [name, spec] of Object.entries<OperationSpec>(operations)) {
    const path = `/${spec.route}`;
    paths[path] = { ...paths[path], [spec.method.toLowerCase()]: operationObject(name, spec) };
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Customer Insights to Omnisend export',
      version,
      description:
        'A function key goes as the header x-functions-key, or a token of Entra as a bearer token, as the app is set up.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/api' }],
    security: [{ entra: [] }, { functionKey: [] }],
    paths,
    components: {
      schemas: Object.fromEntries(components.map(([name, schema]) => [name, jsonSchema(schema, 'input')])),
      securitySchemes: {
        entra: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
        functionKey: { type: 'apiKey', in: 'header', name: 'x-functions-key' },
      },
    },
  };
};

const isAnonymous = (name: string): boolean => anonymous.some((one) => one === name);

const operationObject = (name: string, spec: OperationSpec): JsonObject => {
  const { summary, route, query, headers = [], body } = spec;
  const parameters = [...pathParameters(route), ...queryParameters(query), ...headers.map(headerParameter)];
  return {
    operationId: name,
    summary,
    ...(isAnonymous(name) && { security: [] }),
    ...(parameters.length > 0 && { parameters }),
    ...(body !== undefined && {
      requestBody: { required: !body.safeParse({}).success, content: jsonContent(body, 'input') },
    }),
    responses: { ...answersOf(spec), ...problemsOf(name, spec) },
  };
};

const idOf = (route: string, name: string): z.ZodType => {
  if (name === 'run') return runId;
  return route.startsWith('connections/') ? connectionId : exportId;
};

const pathParameters = (route: string): readonly JsonObject[] =>
  [...route.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: jsonSchema(idOf(route, name), 'input'),
  }));

/** None is ever needed. */
const queryParameters = (query: z.ZodObject | undefined): readonly JsonObject[] =>
  Object.entries((query && jsonSchema(query, 'input').properties) ?? {}).map(([name, schema]) => ({
    name,
    in: 'query',
    schema,
  }));

const headerDescriptions = {
  'idempotency-key': 'The same key asks for the same run again.',
  'if-match': 'The ETag of the revision that is changed; another one since is 412.',
  'if-none-match': '`*`: makes the document, which is not there yet.',
} as const;

const headerParameter = (name: keyof typeof headerDescriptions): JsonObject => ({
  name,
  in: 'header',
  description: headerDescriptions[name],
  schema: { type: 'string', minLength: 1, maxLength: 200 },
});

const statusWords: Readonly<Record<number, string>> = {
  200: 'Done',
  201: 'Made',
  202: 'Accepted: it goes on',
  204: 'Done, and nothing to say',
  400: 'The body, the query or a header is wrong: every fault at once',
  401: 'No token, or none that is believed',
  403: 'The role does not allow it, or the connection is not shared',
  404: 'There is none of that id',
  409: 'Not as things stand',
  410: 'Not kept any more',
  412: 'It was changed meanwhile',
  413: 'The body is too large',
  422: 'It cannot be done until what is named is mended',
  428: 'If-Match is missing',
  503: 'Not now: try again after the seconds of Retry-After',
};

const answersOf = ({ answers, otherType }: OperationSpec): JsonObject =>
  Object.fromEntries(
    Object.entries(answers).map(([status, schema]) => [
      status,
      {
        description: wordsFor(Number(status)),
        ...(schema !== null && {
          content: {
            ...jsonContent(schema, 'output'),
            ...(otherType !== undefined && { [otherType]: { schema: { type: 'string' } } }),
          },
        }),
      },
    ]),
  );

/** Every status with which the operation may say that it was not done. */
export const problemStatuses = (name: string, spec: OperationSpec): readonly number[] => {
  const { body, query, headers = [], route, problems = [] } = spec;
  const hasInput = body !== undefined || query !== undefined || headers.length > 0;
  const statuses = [
    ...(isAnonymous(name) ? [] : [401, 403]),
    ...(hasInput ? [400] : []),
    ...(body === undefined ? [] : [413]),
    ...(route.includes('{') ? [404] : []),
    ...(headers.includes('if-match') ? [412, 428] : []),
    ...problems,
  ];
  return [...new Set(statuses)].sort((a, b) => a - b);
};

const problemsOf = (name: string, spec: OperationSpec): JsonObject =>
  Object.fromEntries(
    problemStatuses(name, spec).map((status) => [
      status,
      {
        description: wordsFor(status),
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    ]),
  );

const wordsFor = (status: number): string => {
  const words = statusWords[status];
  if (words === undefined) throw new Error(`The status ${status} has no words yet.`);
  return words;
};

const jsonContent = (schema: z.ZodType, io: 'input' | 'output'): JsonObject => {
  const known = components.find(([, one]) => one === schema);
  return {
    'application/json': {
      schema: known === undefined ? jsonSchema(schema, io) : { $ref: `#/components/schemas/${known[0]}` },
    },
  };
};

/** What JSON Schema cannot say (a rule over two members) stays unsaid: the app checks it all the same. */
const jsonSchema = (schema: z.ZodType, io: 'input' | 'output'): JsonObject => {
  const { $schema: _, ...said } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return said;
};
