import { parseArgs } from 'node:util';
import { startDataverse } from './dataverse.ts';
import { announce } from './http.ts';

const { values } = parseArgs({
  options: {
    port: { type: 'string' },
    rows: { type: 'string' },
    seed: { type: 'string' },
    day: { type: 'string' },
    'page-size': { type: 'string' },
    'page-delay-ms': { type: 'string' },
    'token-lifetime-seconds': { type: 'string' },
    'identity-header': { type: 'string' },
  },
});

announce(
  await startDataverse({
    port: values.port,
    rows: values.rows,
    seed: values.seed,
    day: values.day,
    pageSize: values['page-size'],
    pageDelayMs: values['page-delay-ms'],
    tokenLifetimeSeconds: values['token-lifetime-seconds'],
    identityHeader: values['identity-header'],
  }),
);
