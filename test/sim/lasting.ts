/** Whether a resolver denies what exists throughout: in its table, or when the chain asks. */
import { LASTING } from './objects.ts';
import type { RunningResolver } from './resolver-host.ts';
import { HOME, QUALIFIED_ZONE } from './surroundings.ts';
import { Violation } from './violation.ts';

/** `clusters`: those where it has existed throughout. `createdAtMs`: when each had a log first. */
export function lookAtLasting(
  resolvers: readonly RunningResolver[],
  clusters: readonly string[],
  createdAtMs: ReadonlyMap<string, number>,
): void {
  for (const resolver of resolvers) {
    if (!resolver.hasChanged()) continue;
    const known = clusters.filter((name) => isMember(resolver, name, createdAtMs.get(name)));
    for (const name of namesOf(known)) look(resolver, name);
  }
}

/** A cluster of which nobody had said anything when the resolver began joins later. */
function isMember(
  { startedAtMs, control }: RunningResolver,
  cluster: string,
  createdAtMs: number | undefined,
): boolean {
  if (cluster === HOME || control.states.has(cluster)) return true;
  return createdAtMs !== undefined && createdAtMs <= startedAtMs;
}

function namesOf(clusters: readonly string[]): readonly string[] {
  const names: string[] = [];
  for (const lasting of LASTING) {
    for (const name of clusters) {
      names.push(`${lasting}.shop.svc.${name}.${QUALIFIED_ZONE}`);
      if (name === HOME) names.push(`${lasting}.shop.svc.cluster.local.`);
    }
    if (clusters.length > 0) names.push(`${lasting}.shop.svc.clusterset.local.`);
  }
  return names;
}

function look({ name: resolver, control, table }: RunningResolver, name: string): void {
  const { kind } = control.lookup(name, 'A');
  if (kind !== 'answer' && kind !== 'unready') {
    throw new Violation(
      'a name that exists throughout is never denied',
      `${resolver} says ${kind} of ${name}`,
    );
  }
  if (table.denies(name)) {
    throw new Violation(
      'a name that exists throughout is never denied',
      `the table of ${resolver} denies ${name}`,
    );
  }
}
