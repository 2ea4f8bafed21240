/** In which order upstreams are asked for one query. */

export type PolicyName = 'random' | 'round_robin' | 'sequential';

/** Gives the order for the next query. */
export type Policy = <T>(upstreams: readonly T[]) => readonly T[];

/** `random` gives numbers from 0 up to 1. */
export function createPolicy(name: PolicyName, random: () => number): Policy {
  let turn = 0;
  switch (name) {
    case 'sequential':
      return (upstreams) => upstreams;
    case 'round_robin':
      return (upstreams) => {
        const first = turn++ % Math.max(1, upstreams.length);
        return [...upstreams.slice(first), ...upstreams.slice(0, first)];
      };
    case 'random':
      return (upstreams) => {
        const left = [...upstreams];
        return upstreams.flatMap(() => left.splice(Math.floor(random() * left.length), 1));
      };
  }
}
