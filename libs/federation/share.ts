/**
 * Endpoints of clusters with weights. DNS has two ways to say a weight, and both are used: of each
 * cluster so many endpoints are given that their numbers are as the weights, since clients take
 * any; and SRV records have weights of their own (RFC 2782), which are exact.
 *
 *   east=3 west=1, four endpoints each ─► four of east, one of west, SRV 18 and 25
 *
 * A cluster that answers has one endpoint at least. An endpoint is given with all its addresses or
 * with none, so that A and AAAA choose the same.
 */

import type { Chosen } from './candidate.ts';
import type { ReadyAddress } from './endpoints.ts';

/** An address and, where clusters have weights, that of its SRV records. */
export interface SharedAddress extends ReadyAddress {
  readonly srvWeight?: number;
}

/** All endpoints where all clusters have one weight. */
export function sharedOut(chosen: readonly Chosen[]): readonly SharedAddress[] {
  const [first] = chosen;
  if (chosen.every(({ weight }) => weight === first?.weight)) {
    return chosen.flatMap(({ candidate }) => candidate.ready);
  }
  const members = chosen.map(({ candidate: { ready }, weight }) => {
    const endpoints = [...new Set(ready.map(({ endpoint }) => endpoint))];
    return { ready, weight, endpoints };
  });
  // The cluster that has the fewest for its weight gives all of them.
  const scarce = members.reduce((a, b) =>
    b.endpoints.length * a.weight < a.endpoints.length * b.weight ? b : a,
  );
  const sum = members.reduce((total, { weight }) => total + weight, 0);
  return members.flatMap(({ ready, weight, endpoints }) => {
    const count = Math.floor((scarce.endpoints.length * weight) / scarce.weight);
    const given = new Set(endpoints.slice(0, Math.max(1, count)));
    const some = ready.filter(({ endpoint }) => given.has(endpoint));
    const srvWeight = Math.max(1, Math.floor((100 * weight) / (sum * some.length)));
    return some.map((one) => ({ ...one, srvWeight }));
  });
}
