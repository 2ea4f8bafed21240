/**
 * What happened to a federation that no cluster says of itself: how its clusters stand, and the
 * words of an operator. They are events of one log, the control log of the federation.
 *
 *   ClusterStale, ClusterLost, ClusterRecovered   whoever sees it first (heartbeats)
 *   Drained, Restored, Pinned, Unpinned           an operator
 */
import type { ClusterObject } from './object.ts';

export type ControlEvent =
  | ClusterStale
  | ClusterLost
  | ClusterRecovered
  | Drained
  | Restored
  | Pinned
  | Unpinned;

/** Nothing was heard of the cluster for a while: what is known of it may be old. */
export interface ClusterStale {
  readonly kind: 'cluster-stale';
  readonly cluster: string;
  /** How long nothing had been heard, in seconds. */
  readonly silentSeconds: number;
}

/** Nothing was heard of it for so long that it counts as gone. */
export interface ClusterLost {
  readonly kind: 'cluster-lost';
  readonly cluster: string;
  readonly silentSeconds: number;
}

/** It has been heard again, for long enough. */
export interface ClusterRecovered {
  readonly kind: 'cluster-recovered';
  readonly cluster: string;
}

/** An operator takes the cluster out of answers that other clusters can give. */
export interface Drained {
  readonly kind: 'drained';
  readonly cluster: string;
}

export interface Restored {
  readonly kind: 'restored';
  readonly cluster: string;
}

/**
 * A Service of a cluster is held as it was at a position of the cluster's log, whatever the log
 * says after. The event carries what it was, so that no history is needed to know it.
 */
export interface Pinned {
  readonly kind: 'pinned';
  readonly cluster: string;
  readonly namespace: string;
  readonly name: string;
  readonly at: number;
  /**
   * Its Service, EndpointSlices, ServiceExport and ServiceImport as they were; what is not among
   * them did not exist.
   */
  readonly objects: readonly ClusterObject[];
}

export interface Unpinned {
  readonly kind: 'unpinned';
  readonly cluster: string;
  readonly namespace: string;
  readonly name: string;
}

/**
 * Events about the same matter have one subject, of which the last counts:
 * `isthmus.<federation>._control.<matter>.…`
 */
export function controlSubjectOf(federation: string, event: ControlEvent): string {
  const subject = `isthmus.${federation}.${CONTROL}`;
  switch (event.kind) {
    case 'cluster-stale':
    case 'cluster-lost':
    case 'cluster-recovered':
      return `${subject}.liveness.${event.cluster}`;
    case 'drained':
    case 'restored':
      return `${subject}.drain.${event.cluster}`;
    case 'pinned':
    case 'unpinned':
      return `${subject}.pin.${event.cluster}.${event.namespace}.${event.name}`;
  }
}

/** The control log stands beside the clusters' logs, under a name that no cluster can have. */
export const CONTROL = '_control';
