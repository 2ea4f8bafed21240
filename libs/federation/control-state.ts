/**
 * What the control log says, folded: how clusters stand, and what operators want.
 *
 *   control = events.reduce(evolveControl)
 */
import type { ControlEvent, Pinned } from '../event/control.ts';
import type { Standing } from './standing.ts';

export class ControlState {
  /** Of the control log: that of the last event folded. */
  position = 0;
  /** Clusters that are not live. */
  readonly standings = new Map<string, Standing>();
  readonly drained = new Set<string>();
  /** By `cluster/namespace/name`. */
  readonly pins = new Map<string, Pinned>();

  standingOf(cluster: string): Standing {
    return this.standings.get(cluster) ?? 'live';
  }
}

/** Total: every event is good for every state. */
export function evolveControl(state: ControlState, event: ControlEvent, position: number): void {
  state.position = position;
  switch (event.kind) {
    case 'cluster-stale':
      state.standings.set(event.cluster, 'stale');
      return;
    case 'cluster-lost':
      state.standings.set(event.cluster, 'lost');
      return;
    case 'cluster-recovered':
      state.standings.delete(event.cluster);
      return;
    case 'drained':
      state.drained.add(event.cluster);
      return;
    case 'restored':
      state.drained.delete(event.cluster);
      return;
    case 'pinned':
      state.pins.set(pinKey(event), event);
      return;
    case 'unpinned':
      state.pins.delete(pinKey(event));
      return;
  }
}

export function pinKey({
  cluster,
  namespace,
  name,
}: Readonly<Record<'cluster' | 'namespace' | 'name', string>>): string {
  return `${cluster}/${namespace}/${name}`;
}
