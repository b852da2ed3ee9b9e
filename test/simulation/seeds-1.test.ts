import { expectSeeds } from './expect-seeds.ts';

// In several files, so that all cores share them.
expectSeeds(1, 250);
