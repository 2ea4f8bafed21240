/**
 * Questions worth asking of what is served now: what the banner and a newcomer's first minute show.
 */
import { reverseName } from '../../libs/dns/address.ts';
import { isWithin } from '../../libs/dns/name.ts';
import type { ClusterState } from '../../libs/federation/cluster-state.ts';
import { namesOfGroup } from '../../libs/federation/federation.ts';
import { serviceGroup } from '../../libs/federation/group.ts';
import type { ClusterStates } from '../../libs/federation/indexed-states.ts';
import type { FederationConfig } from '../../libs/federation/layer.ts';

export interface Example {
  readonly what: string;
  /** Arguments of dig, after the server. */
  readonly question: string;
}

/** Services looked at: enough to find one of each kind, and no work in a large cluster. */
const SERVICES_MAX = 200;

export function examplesOf(config: FederationConfig, states: ClusterStates): readonly Example[] {
  const homeCluster = config.layers.find(({ kind }) => kind === 'home')?.cluster ?? '';
  const home = states.get(homeCluster);
  const owned = [...states.values()].flatMap((state) => ownedNames(config, states, state));
  const find = (fits: (one: OwnedName) => boolean) => owned.find(fits);
  const isOther = (one: OwnedName) => home?.services.has(one.service) === false;

  const service = find(({ zone, type, headless }) => zone === 'home' && type === 'A' && !headless);
  const other = find((one) => one.zone === 'clusterset' && one.type === 'A' && isOther(one));
  const merged = find(
    ({ zone, type, headless, below }) =>
      zone === 'clusterset' && type === 'A' && headless && below.length === 0,
  );
  const srv = find(
    ({ zone, type, headless, below }) =>
      zone === 'clusterset' &&
      type === 'SRV' &&
      headless &&
      below.length === 2 &&
      below[0]?.startsWith('_') === true,
  );
  const pod = find(
    ({ zone, type, below: [host = '_', cluster] }) =>
      zone === 'clusterset' &&
      type === 'A' &&
      !host.startsWith('_') &&
      cluster !== homeCluster &&
      cluster !== undefined,
  );
  const isReversed = (one: string) =>
    config.layers.some(({ reverseZones }) =>
      reverseZones.some((zone) => isWithin(reverseName(one), zone)),
    );
  const address = [...(home?.servicesOfAddress.keys() ?? [])].find(isReversed);
  const rows: readonly (readonly [what: string, question: string | undefined])[] = [
    ['a Service of the home cluster', service?.name],
    ['one that only another cluster has', other?.name],
    ['a headless one, merged from all clusters', merged?.name],
    ['where it listens', srv && `SRV ${srv.name}`],
    ['one pod, by its cluster', pod?.name],
    ['whose address it is', address && `-x ${address}`],
    ['a name that nobody has', service?.name.replace(/^[^.]+/, 'nope')],
  ];
  return rows.flatMap(([what, question]) =>
    question === undefined ? [] : [{ what, question: question.replace(/\.$/, '') }],
  );
}

interface OwnedName {
  /** Key of the Service that gives the name. */
  readonly service: string;
  readonly headless: boolean;
  readonly zone: 'home' | 'clusterset';
  readonly name: string;
  readonly type: string;
  /** Labels left of the Service's own name. */
  readonly below: readonly string[];
}

/** What Services of this cluster give, shortest names first. */
function ownedNames(
  config: FederationConfig,
  states: ClusterStates,
  state: ClusterState,
): readonly OwnedName[] {
  const owned: OwnedName[] = [];
  let left = SERVICES_MAX;
  for (const { namespace, name, headless } of state.services.values()) {
    if (left-- === 0) break;
    for (const [owner, rrsets] of namesOfGroup(config, states, serviceGroup(namespace, name))) {
      const layer = config.layers.find(({ zones }) => zones.some((zone) => isWithin(owner, zone)));
      if (layer?.kind === 'qualified') continue;
      const zone = layer?.kind === 'home' ? 'home' : 'clusterset';
      const below = owner
        .slice(0, owner.indexOf(`${name}.${namespace}.svc.`))
        .split('.')
        .slice(0, -1);
      for (const { type } of rrsets) {
        owned.push({ service: `${namespace}/${name}`, headless, zone, name: owner, type, below });
      }
    }
  }
  return owned.sort((a, b) => a.name.length - b.name.length || (a.name < b.name ? -1 : 1));
}
