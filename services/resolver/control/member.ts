/** A cluster as the view follows it, and whether what it has not is known not to be. */
import type { Timer } from '../../../libs/clock/clock.ts';
import { isWithin, parentName } from '../../../libs/dns/name.ts';
import type { Pinned } from '../../../libs/event/control.ts';
import { ClusterState, groupsOf, type Kept } from '../../../libs/federation/cluster-state.ts';
import type { ControlState } from '../../../libs/federation/control-state.ts';
import type { Group } from '../../../libs/federation/group.ts';
import type { Layer } from '../../../libs/federation/layer.ts';
import { setPins } from '../../../libs/federation/pin.ts';
import { clusterLabel } from '../../../libs/federation/qualified.ts';
import { SyncedCheck } from './synced-check.ts';

export interface Member {
  state: ClusterState;
  /**
   * A log made anew is read aside until it is complete: what was known goes on answering meanwhile.
   */
  rebuilt: ClusterState | undefined;
  caughtUp: boolean;
  /** Of the state that is folded now. */
  check: SyncedCheck;
  /** What was folded is not what its watcher says, however often it is read. */
  unverified: boolean;
  /** Groups that changed while its log is read for the first time: dirty once it has been. */
  readonly loading: Set<Group>;
  loadingSinceMs: number | undefined;
  pause: Timer | undefined;
  skipped: number;
  /** When the youngest of its events was seen, RFC 3339; '' before there is one. */
  observedAt: string;
}

/** The clusters of a federation. */
export interface Members {
  readonly byName: ReadonlyMap<string, Member>;
  /** No other will join: a cluster that is not among them does not exist. */
  readonly areAll: boolean;
}

export function newMember(cluster: string, kept: Kept): Member {
  return {
    state: new ClusterState(cluster, kept),
    rebuilt: undefined,
    caughtUp: false,
    check: new SyncedCheck(),
    unverified: false,
    loading: new Set(),
    loadingSinceMs: undefined,
    pause: undefined,
    skipped: 0,
    observedAt: '',
  };
}

/** The pins of each cluster that has any. */
export function pinsPerCluster({ pins }: ControlState): ReadonlyMap<string, readonly Pinned[]> {
  return Map.groupBy(pins.values(), ({ cluster }) => cluster);
}

/**
 * Has the cluster stand as the control log says, and its pins held; gives the groups whose answers
 * may change.
 */
export function placeBy(
  control: ControlState,
  state: ClusterState,
  pins = pinsPerCluster(control),
): Iterable<Group> {
  const groups = setPins(state, pins.get(state.cluster) ?? []);
  const standing = control.standingOf(state.cluster);
  const isDrained = control.drained.has(state.cluster);
  if (state.standing === standing && state.isDrained === isDrained) return groups;
  state.standing = standing;
  state.isDrained = isDrained;
  return new Set([...groups, ...groupsOf(state)]);
}

/** All that its log had, and a watcher has said that this is all of its API. */
export function isRead({ caughtUp, state }: Member): boolean {
  return caughtUp && state.complete;
}

/**
 * Whether absence from a layer proves anything: everybody who may have a name of it is synced and
 * read to the end. `name`: of which cluster and which kinds of objects it could be.
 */
export function isLayerComplete(layer: Layer, name: string, members: Members): boolean {
  const member = members.byName.get(layer.cluster);
  switch (layer.kind) {
    case 'clusterset':
      return areComplete(members, ({ state }) => state.exportsComplete);
    case 'qualified': {
      const zone = layer.zones.find((one) => isWithin(name, one));
      const label = zone === undefined ? undefined : clusterLabel(name, zone);
      const one = label === undefined ? undefined : members.byName.get(label);
      return one === undefined ? members.areAll : isComplete(one);
    }
    case 'external':
      return isComplete(member);
    case 'home': {
      if (isPodName(layer, name)) {
        return isComplete(member) && (layer.pods !== 'verified' || hasAllPods(member));
      }
      const isHomes = layer.reverseZones.some((zone) => isWithin(name, zone));
      if (layer.across === undefined || isHomes) return isComplete(member);
      return isComplete(member) && areComplete(members);
    }
    case 'imports': {
      if (layer.pods === 'verified' && isPodName(layer, name) && !hasAllPods(member)) return false;
      return isComplete(member) && member?.state.importsComplete === true;
    }
  }
}

/** Whether all that the layer may have in a zone is known: of a qualified one, all clusters. */
export function isZoneComplete(layer: Layer, zone: string, members: Members): boolean {
  if (layer.kind === 'qualified') return areComplete(members);
  return isLayerComplete(layer, zone, members);
}

function areComplete({ byName, areAll }: Members, also = (_one: Member) => true): boolean {
  return areAll && [...byName.values()].every((one) => isComplete(one) && also(one));
}

function isComplete(member: Member | undefined): boolean {
  if (member === undefined || member.unverified) return false;
  return isRead(member) && member.rebuilt === undefined;
}

function hasAllPods(member: Member | undefined): boolean {
  return member?.state.podsComplete === true;
}

/** An address below a namespace below `pod`: those two exist whatever pods there are. */
function isPodName({ zones }: Layer, name: string): boolean {
  const above = parentName(name) ?? name;
  return zones.some((zone) => above !== `pod.${zone}` && isWithin(above, `pod.${zone}`));
}
