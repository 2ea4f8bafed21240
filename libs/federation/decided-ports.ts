/**
 * The ports of a Service that several clusters export: the union, in which the oldest export
 * decides (KEP-1645 § Service Port), and where each of them leads.
 *
 *   every address of the name has the port as decided ──► the Service's own name
 *   some have not, or have another number there ────────► the names of the endpoints that have it
 *   none has ───────────────────────────────────────────► those of whoever exports it so
 *
 * For an address without a clusterset IP is one of some cluster, and has the ports of that one.
 */
import type { ServicePort } from '../event/object.ts';
import type { Candidate } from './candidate.ts';
import type { ReadyAddress } from './endpoints.ts';
import type { Reached } from './reach.ts';
import { addPortOfEndpoints, addVirtual, type Target } from './records.ts';

/** The union of all ports, those of the first candidate first. */
export function mergedPorts(candidates: readonly Candidate[]): readonly ServicePort[] {
  const merged: ServicePort[] = [];
  for (const port of candidates.flatMap(({ service }) => service.ports)) {
    const conflicts = (one: ServicePort) =>
      (one.name !== '' && one.name === port.name) ||
      (one.protocol === port.protocol && one.port === port.port);
    if (!merged.some(conflicts)) merged.push(port);
  }
  return merged;
}

/** How a port leads elsewhere than to the Service's own name. */
export interface Leading {
  /** Which endpoints answer, if these candidates alone had the Service. */
  readonly choose: (candidates: readonly Candidate[]) => readonly ReadyAddress[];
  /** What names an endpoint below the Service. */
  readonly labelOf: (one: ReadyAddress) => string;
}

/** The name with these addresses, and its ports. `exporters`: the oldest export first. */
export function addReached(
  target: Target,
  reached: Reached,
  exporters: readonly Candidate[],
  leading: Leading,
): void {
  const decided = mergedPorts(exporters);
  if (reached.kind === 'endpoints') {
    addAtEndpoints(target, reached.ready, decided, exporters, leading);
    return;
  }
  const { addresses, clusters, isLost } = reached;
  const given = exporters.filter(({ cluster }) => clusters.includes(cluster));
  const isAtAll = (port: ServicePort) => given.every((one) => exposes(one, port));
  addVirtual(target, addresses, decided.filter(isAtAll), isLost);
  for (const port of decided) {
    if (!isAtAll(port)) lead(target, port, elsewhere(exporters, port, leading), leading);
  }
}

/** Endpoints listen on ports of their own, which are called as the Service's. */
function addAtEndpoints(
  target: Target,
  given: readonly ReadyAddress[],
  decided: readonly ServicePort[],
  exporters: readonly Candidate[],
  leading: Leading,
): void {
  const own: ServicePort[] = [];
  const led: (readonly [ServicePort, readonly ReadyAddress[]])[] = [];
  const isOut = conflicting(decided, exporters);
  const all = [...decided, ...given.flatMap(({ ports }) => ports)];
  for (const [, [port]] of Map.groupBy(all, ({ name, protocol }) => `${protocol}/${name}`)) {
    if (port === undefined) continue;
    const here = havingPort(given, port).filter((one) => !isOut(one, port));
    const numbers = new Map(here.flatMap(({ ports }) => ports).map((one) => [one.port, one]));
    const isAtAll = here.length === given.length && numbers.size === 1;
    if (isAtAll || port.name === '') own.push(...numbers.values());
    else if (here.length > 0) led.push([port, here]);
    else if (decided.includes(port)) led.push([port, elsewhere(exporters, port, leading)]);
  }
  const addresses = given.map(({ address }) => address);
  const isLost = given.length > 0 && given.every((one) => one.isLost);
  addVirtual(target, addresses, own, isLost);
  for (const [port, ready] of led) lead(target, port, ready, leading);
}

function lead(
  target: Target,
  port: ServicePort,
  ready: readonly ReadyAddress[],
  { labelOf }: Leading,
): void {
  addPortOfEndpoints(target, port, ready, labelOf);
}

/** Endpoints, with this port alone, of clusters that export it as decided and are selected. */
function elsewhere(
  exporters: readonly Candidate[],
  port: ServicePort,
  { choose }: Leading,
): readonly ReadyAddress[] {
  const those = exporters.filter((one) => exposes(one, port));
  return choose(those.map((one) => ({ ...one, ready: havingPort(one.ready, port) })));
}

function havingPort(
  ready: readonly ReadyAddress[],
  { name, protocol }: ServicePort,
): readonly ReadyAddress[] {
  return ready.flatMap((one) => {
    const ports = one.ports.filter((own) => own.name === name && own.protocol === protocol);
    return ports.length === 0 ? [] : [{ ...one, ports }];
  });
}

/** Whether an endpoint's cluster has another port of this name than was decided. */
function conflicting(
  decided: readonly ServicePort[],
  exporters: readonly Candidate[],
): (one: ReadyAddress, port: ServicePort) => boolean {
  const services = new Map(exporters.map(({ cluster, service }) => [cluster, service]));
  return ({ cluster }, { name, protocol }) =>
    services
      .get(cluster)
      ?.ports.some(
        (own) =>
          own.name === name &&
          own.protocol === protocol &&
          !decided.some((port) => isSame(port, own)),
      ) === true;
}

function exposes({ service }: Candidate, port: ServicePort): boolean {
  return service.ports.some((own) => isSame(own, port));
}

function isSame(a: ServicePort, b: ServicePort): boolean {
  return a.name === b.name && a.protocol === b.protocol && a.port === b.port;
}
