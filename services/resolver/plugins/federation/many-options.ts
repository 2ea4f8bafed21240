/**
 * The properties that say how clusters answer for each other:
 *
 *   const reader = manyOptionsReader();
 *   readProperties(directive, { ...reader.properties, … });
 *   const many = reader.finish(clusters);
 */
import {
  argumentsOf,
  cannotRead,
  noArguments,
  oneArgument,
  oneOf,
  type PropertyReaders,
} from '../../../../libs/corefile/arguments.ts';
import { ConfigurationError } from '../../../../libs/corefile/configuration-error.ts';
import type { Property, Token } from '../../../../libs/corefile/corefile.ts';
import { parseAddress } from '../../../../libs/dns/address.ts';
import { MANY_DEFAULTS, type ManyClusters } from '../../../../libs/federation/federation-layers.ts';
import {
  clustersOf,
  NO_RULES,
  parseSelection,
  SELECTION_EXPECTED,
  type Selection,
} from '../../../../libs/federation/selection.ts';
import type { StalePolicy } from '../../../../libs/federation/standing.ts';
import { clientReader } from './client-options.ts';
import { clusterIn } from './cluster-name.ts';
import { federatedReader } from './federated-options.ts';

export interface ManyOptionsReader {
  readonly properties: PropertyReaders;
  /**
   * What was read. `clusters`: all that there are, where that is known. Throws ConfigurationError.
   */
  finish(clusters: readonly string[] | undefined): ManyClusters;
}

/** Words of one property: far more than anyone writes by hand. */
const ARGUMENTS_MAX = 1000;
/** Addresses of one gateway: an answer has to hold them. */
const GATEWAY_ADDRESSES_MAX = 16;
const ACROSS = ['local', 'failover', 'merge'] as const;
const STALE = ['serve', 'last', 'drop'] as const;
/** Before the namespaces and Services that a selection is for. */
const FOR = 'for';
const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

export function manyOptionsReader(): ManyOptionsReader {
  let { across, clusterNames } = MANY_DEFAULTS;
  let clustersetNamespaces: ReadonlySet<string> | undefined;
  let stale: StalePolicy = NO_RULES.stale;
  /** Clusters that some property names. */
  const named: Token[] = [];
  const selects = selectReader(named);
  const reach = reachReader(named);
  const clients = clientReader(named);
  const federated = federatedReader();
  return {
    properties: {
      select: selects.read,
      ...reach.properties,
      ...clients.properties,
      ...federated.properties,
      across: (property) => {
        across = oneOf(oneArgument(property, ACROSS.join(', ')), 'across', ACROSS);
      },
      stale: (property) => {
        stale = oneOf(oneArgument(property, STALE.join(', ')), 'stale', STALE);
      },
      cluster_names: (property) => {
        noArguments(property);
        clusterNames = true;
      },
      clusterset_namespaces: (property) => {
        const more = argumentsOf(property, 'namespaces', 1, ARGUMENTS_MAX).map(({ text }) => text);
        clustersetNamespaces = new Set([...(clustersetNamespaces ?? []), ...more]);
      },
    },
    finish: (clusters) => {
      const unknown = named.find(({ text }) => clusters?.includes(text) === false);
      if (unknown !== undefined) {
        throw cannotRead(unknown, 'cluster', 'it is none here', (clusters ?? []).join(' or '));
      }
      const rules = { ...selects.rules(), stale };
      const networks = clients.networks();
      const federations = federated.federations();
      const said = { across, rules, reach: reach.reach(), clustersetNamespaces, clusterNames };
      return { ...said, networks, ...(federations && { federations }) };
    },
  };
}

function selectReader(named: Token[]) {
  let all: Selection | undefined;
  const namespaces = new Map<string, Selection>();
  const services = new Map<string, Selection>();
  /** What has a rule → the line of it. */
  const lines = new Map<string, number>();
  const once = (token: Token, what: string) => {
    const line = lines.get(what);
    if (line !== undefined) {
      throw cannotRead(token, 'select', `line ${line} has one for ${what}`, 'one rule for each');
    }
    lines.set(what, token.line);
  };
  const read = (property: Property) => {
    const args = argumentsOf(property, SELECTION_EXPECTED, 1, ARGUMENTS_MAX);
    const place = args.findIndex(({ text }) => text === FOR);
    const words = place < 0 ? args : args.slice(0, place);
    const selection = selectionIn(property, words, named);
    if (place < 0) {
      once({ ...property, text: textOf(words) }, 'all');
      all = selection;
      return;
    }
    const targets = args.slice(place + 1);
    if (targets.length === 0) {
      const token = { ...property, text: textOf(args) };
      throw cannotRead(token, 'select', 'it is for nothing', 'namespaces, or NAMESPACE/SERVICE');
    }
    for (const target of targets) {
      const labels = target.text.split('/');
      if (labels.length > 2 || !labels.every((label) => LABEL.test(label))) {
        const expected = 'a namespace, or NAMESPACE/SERVICE';
        throw cannotRead(target, 'target of select', 'it is neither', expected);
      }
      once(target, target.text);
      (labels.length === 1 ? namespaces : services).set(target.text, selection);
    }
  };
  return { read, rules: () => ({ all, namespaces, services }) };
}

function selectionIn(property: Property, words: readonly Token[], named: Token[]): Selection {
  const { file, line } = property;
  const parsed = parseSelection(textOf(words));
  if (parsed.kind === 'wrong') {
    const token = { file, line, text: textOf(words) };
    throw cannotRead(token, 'select', parsed.why, SELECTION_EXPECTED);
  }
  for (const text of clustersOf(parsed.selection)) named.push({ file, line, text });
  return parsed.selection;
}

function reachReader(named: Token[]) {
  const routable = new Set<string>();
  const gateways = new Map<string, readonly string[]>();
  const properties: PropertyReaders = {
    routable: (property) => {
      for (const token of argumentsOf(property, 'clusters', 1, ARGUMENTS_MAX)) {
        const cluster = clusterIn(token, named);
        refuseBoth(property, cluster, gateways);
        routable.add(cluster);
      }
    },
    gateway: (property) => {
      const expected = 'CLUSTER ADDRESS...';
      const [first, ...rest] = argumentsOf(property, expected, 2, 1 + GATEWAY_ADDRESSES_MAX);
      if (first === undefined) return;
      const cluster = clusterIn(first, named);
      refuseBoth(property, cluster, routable);
      if (gateways.has(cluster)) {
        throw cannotRead(first, 'gateway', 'it has one already', 'each cluster once');
      }
      gateways.set(cluster, rest.map(addressIn));
    },
  };
  return { properties, reach: () => ({ routable, gateways }) };
}

function addressIn(token: Token): string {
  const address = parseAddress(token.text);
  if (address !== undefined) return address.text;
  throw cannotRead(token, 'address of a gateway', 'it is none', 'an IPv4 or IPv6 address');
}

/** Cluster IPs that are reached need no gateway. */
function refuseBoth(
  property: Property,
  cluster: string,
  others: { has(cluster: string): boolean },
): void {
  if (!others.has(cluster)) return;
  throw new ConfigurationError(
    property,
    `Cannot use "${property.name}" for ${cluster}: ` +
      'it is routable and has a gateway; expected one of them',
  );
}

function textOf(tokens: readonly Token[]): string {
  return tokens.map(({ text }) => text).join(' ');
}
