import { expectSeeds } from './expect-seeds.ts';

expectSeeds(251, 250);
