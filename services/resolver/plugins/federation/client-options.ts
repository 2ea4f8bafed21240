/**
 * Where clients are, by what the operator says of their networks:
 *
 *   client NETWORK... [cluster CLUSTER] [zone ZONE] [region REGION]
 */
import {
  argumentsOf,
  cannotRead,
  type PropertyReaders,
} from '../../../../libs/corefile/arguments.ts';
import type { Property, Token } from '../../../../libs/corefile/corefile.ts';
import {
  ClientNetworks,
  type Network,
  networkText,
  parseNetwork,
} from '../../../../libs/federation/client-networks.ts';
import type { Place } from '../../../../libs/federation/place.ts';
import { clusterIn } from './cluster-name.ts';

const EXPECTED = 'NETWORK... [cluster CLUSTER] [zone ZONE] [region REGION]';
/** Words of one property: far more than anyone writes by hand. */
const ARGUMENTS_MAX = 1000;
const WORDS = ['cluster', 'zone', 'region'] as const;
type Word = (typeof WORDS)[number];
/** Values of labels of Kubernetes, where topology comes from. */
const VALUE = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;

/** `named`: gets the clusters that are named. */
export function clientReader(named: Token[]) {
  const all: (readonly [Network, Place])[] = [];
  /** Network → the line of it. */
  const lines = new Map<string, number>();
  const properties: PropertyReaders = {
    client: (property) => {
      const args = argumentsOf(property, EXPECTED, 3, ARGUMENTS_MAX);
      const count = args.findIndex(({ text }) => wordOf(text) !== undefined);
      const networks = args.slice(0, count < 0 ? undefined : count);
      if (networks.length === 0) throw wrong(property, args, 'it begins with no network');
      const place = placeIn(property, args, networks.length, named);
      for (const token of networks) {
        const network = networkIn(token);
        const text = networkText(network);
        const line = lines.get(text);
        if (line !== undefined) {
          throw cannotRead(token, 'network of clients', `line ${line} has it`, 'each network once');
        }
        lines.set(text, token.line);
        all.push([network, place]);
      }
    },
  };
  return { properties, networks: () => new ClientNetworks(all) };
}

/** `start`: of the words behind the networks. */
function placeIn(
  property: Property,
  words: readonly Token[],
  start: number,
  named: Token[],
): Place {
  const said = new Map<Word, Token>();
  for (let i = start; i < words.length; i += 2) {
    const [first, value] = words.slice(i, i + 2);
    const word = first && wordOf(first.text);
    if (first === undefined || word === undefined || value === undefined || said.has(word)) {
      throw wrong(property, words, 'each word of it has one value');
    }
    if (word !== 'cluster' && !VALUE.test(value.text)) {
      const is = 'no node has a label of this value';
      throw cannotRead(value, `topology ${word}`, is, 'as in us-east-1a, at most 63 characters');
    }
    said.set(word, value);
  }
  if (said.size === 0) throw wrong(property, words, 'it does not say where they are');
  const cluster = said.get('cluster');
  return {
    cluster: cluster && clusterIn(cluster, named),
    topologyZone: said.get('zone')?.text,
    topologyRegion: said.get('region')?.text,
  };
}

function networkIn(token: Token): Network {
  const network = parseNetwork(token.text);
  if (network !== undefined) return network;
  throw cannotRead(token, 'network of clients', 'it is none', '10.0.0.0/8 or an address');
}

function wordOf(text: string): Word | undefined {
  return WORDS.find((word) => word === text);
}

function wrong({ file, line }: Property, words: readonly Token[], is: string) {
  const text = words.map((token) => token.text).join(' ');
  return cannotRead({ file, line, text }, 'client', is, EXPECTED);
}
