import { expectSeeds } from './expect-seeds.ts';

expectSeeds(501, 250);
