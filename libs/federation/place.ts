/**
 * Places of clients and endpoints, and how far one is from another. Zones and regions of all
 * clusters are compared by their names.
 */

export interface Place {
  readonly cluster?: string | undefined;
  readonly topologyZone?: string | undefined;
  readonly topologyRegion?: string | undefined;
}

/** How far a place is from a client; less is nearer. */
export type Distance = number;
/** Not near at all. */
export const FAR: Distance = 5;
const SAME_ZONE = 0;
const SAME_REGION = 2;
const SAME_CLUSTER = 4;

/** In one zone, or in one region, its own cluster is nearer than others. */
export function distance(client: Place, other: Place): Distance {
  const isOwn = client.cluster !== undefined && client.cluster === other.cluster;
  if (isSameZone(client, other)) return SAME_ZONE + (isOwn ? 0 : 1);
  if (isSame(client.topologyRegion, other.topologyRegion)) return SAME_REGION + (isOwn ? 0 : 1);
  return isOwn ? SAME_CLUSTER : FAR;
}

/** Zones of one name are two where they are known to lie in two regions. */
function isSameZone(a: Place, b: Place): boolean {
  if (!isSame(a.topologyZone, b.topologyZone)) return false;
  const regions = [a.topologyRegion, b.topologyRegion];
  return regions.includes(undefined) || isSame(a.topologyRegion, b.topologyRegion);
}

function isSame(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && a === b;
}
