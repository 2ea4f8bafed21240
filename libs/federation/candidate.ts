/** Who could answer for a Service, and who does. */
import type { ServiceObject } from '../event/object.ts';
import type { ReadyAddress } from './endpoints.ts';
import type { Rank } from './standing.ts';

/** A cluster that has the Service. */
export interface Candidate {
  readonly cluster: string;
  readonly service: ServiceObject;
  readonly ready: readonly ReadyAddress[];
  readonly rank: Rank;
  /** It is lost: what is given of it is told to be stale. */
  readonly isLost: boolean;
}

export interface Chosen<C extends Candidate = Candidate> {
  readonly candidate: C;
  readonly weight: number;
}
