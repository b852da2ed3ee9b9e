import { expectSeeds } from './expect-seeds.ts';

// In two files, so that two cores share them.
expectSeeds(1, 100);
