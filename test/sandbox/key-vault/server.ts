import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { announce } from '../dataverse/http.ts';
import { seedSchema, startKeyVault } from './key-vault.ts';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    // A JSON object of secret names and values.
    'seed-file': { type: 'string' },
  },
});

const seedFile = values['seed-file'];
const seed = seedFile === undefined ? {} : seedSchema.parse(JSON.parse(readFileSync(seedFile, 'utf8')));
announce(await startKeyVault({ port: Number(values.port), seed }));
