/** All faults. Those of other limits of liveness come last: they need resolvers that start anew. */
import { DATA_FAULTS } from './data-faults.ts';
import type { Fault } from './fault.ts';
import { LIVENESS_FAULTS } from './liveness-faults.ts';
import { PART_FAULTS } from './part-faults.ts';
import { START_FAULTS } from './start-faults.ts';

export const FAULTS: readonly Fault[] = [
  ...PART_FAULTS,
  ...DATA_FAULTS,
  ...START_FAULTS,
  ...LIVENESS_FAULTS,
];
