/** What all processes of a simulation have around them. */
import type { Position } from '../../libs/log/log.ts';
import type { LogServer, ServedLog } from './log-server.ts';
import type { Network } from './network.ts';
import type { Seeded } from './seeded.ts';
import type { StoreServer } from './sim-store.ts';
import type { Timeline } from './timeline.ts';
import type { Trace } from './trace.ts';

export const FEDERATION = 'demo';
/** The cluster whose Services the home zone has. */
export const HOME = 'c1';
export const QUALIFIED_ZONE = 'many.local.';

export interface Surroundings {
  readonly timeline: Timeline;
  readonly network: Network;
  readonly trace: Trace;
  readonly chance: Seeded;
  readonly logServer: LogServer;
  /** Undefined: there is none. */
  readonly storeServer: StoreServer | undefined;
  /** A process has ended, or failed, by itself. */
  readonly failed: (why: string) => void;
  /** A writer was told that this is stored. */
  readonly onStored: (log: ServedLog, incarnation: string, position: Position, id: string) => void;
}

/** Clocks of machines are wrong, by up to half a minute. */
export function skewMs(chance: Seeded): number {
  return Math.round(chance.between(-30_000, 30_000));
}
