/**
 * What stands behind the plugins that answer from clusters: logs, watchers, states, the table. One
 * runtime serves all of a server block; each of its plugins asks the layers that are its own.
 */
import type { ClusterStates } from '../../../libs/federation/indexed-states.ts';
import type { Layer } from '../../../libs/federation/layer.ts';
import type { Outcome } from '../../../libs/federation/lookup.ts';
import type { ZoneSource } from '../../../libs/transfer/zone-source.ts';

export interface ClustersRuntime {
  /** The layers of a plugin, in their order. */
  layersOf(plugin: string): readonly Layer[];
  /** `client`: the address of who asks; undefined: nobody of whom anything is known. */
  lookup(name: string, type: string, layers: readonly Layer[], client?: string): Outcome;
  /** For reading only. */
  readonly states: ClusterStates;
  /** A zone that can be handed out; undefined also where nobody transfers zones. */
  zoneSource(zone: string): ZoneSource | undefined;
  /** What it waits for, a phrase each. */
  waitingFor(): readonly string[];
  /** Clusters that it serves without knowing all of them as they are now, a phrase each. */
  notes(): readonly string[];
  start(): Promise<void>;
  stop(): Promise<void>;
}
