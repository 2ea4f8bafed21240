import { readFileSync } from 'node:fs';
import { argumentsOf, cannotRead, noBlock, zonesOr } from '../../../../libs/corefile/arguments.ts';
import { besideCorefile } from '../../../../libs/corefile/beside-corefile.ts';
import type { Token } from '../../../../libs/corefile/corefile.ts';
import { absoluteName, lowerName, nameToWire } from '../../../../libs/dns/name.ts';
import type { Below, Setup } from '../../plugin.ts';
import type { SearchPathOf } from './handler.ts';
import { createAutopath } from './handler.ts';
import { searchListOf } from './resolv-conf.ts';

/** Reads a file. Throws what the file system throws. */
export type ReadFile = (path: string) => string;

/** Where this machine has its own search list, which the kubelet gives its pods as well. */
const RESOLV_CONF = '/etc/resolv.conf';
/** Words of one directive. */
const ARGUMENTS_MAX = 1000;
const EXPECTED = 'zones, and a file like /etc/resolv.conf or @PLUGIN';

/** With the disk of the machine. */
export const setup: Setup = createAutopathSetup((path) => readFileSync(path, 'utf8'));

export function createAutopathSetup(readFile: ReadFile): Setup {
  return (directives, { metrics, server, zones }) => {
    directives.forEach(noBlock);
    const all = directives.map((one) => argumentsOf(one, EXPECTED, 1, ARGUMENTS_MAX));
    const args = all.at(-1) ?? [];
    const sources = all.flatMap((one) => one.at(-1) ?? []);
    // A plugin wins over files, wherever it is.
    const source = sources.findLast(({ text }) => text.startsWith('@')) ?? sources.at(-1);
    if (source === undefined) throw new RangeError(EXPECTED);
    const success = metrics.counter({
      name: 'coredns_autopath_success_total',
      help: 'Queries whose search path was walked to a name that exists.',
      labels: ['server'],
    });
    return createAutopath({
      zones: zonesOr(args.slice(0, -1), zones),
      searchPathOf: source.text.startsWith('@')
        ? ofPlugin(source, ownSearchList(readFile))
        : ofFile(source, readFile),
      onSuccess: () => success.add([server]),
    });
  };
}

/** A plugin knows the part of a client's path that is the cluster's; the rest is the machine's. */
function ofPlugin(source: Token, rest: readonly string[]): (below: Below) => SearchPathOf {
  const name = source.text.slice(1);
  return ({ plugins }) => {
    const plugin = plugins.find((each) => each.name === name);
    if (plugin?.searchPath === undefined) {
      const able = plugins.filter(({ searchPath }) => searchPath !== undefined);
      const names = able.map((each) => `@${each.name}`).join(', ');
      throw cannotRead(
        source,
        'search path',
        plugin === undefined ? 'the server block has no such plugin' : 'the plugin knows none',
        names === '' ? 'a plugin that knows the pods of a cluster' : `one of ${names}`,
      );
    }
    return (asked, client) => {
      const path = plugin.searchPath?.(asked, client);
      return path === undefined || path.length === 0 ? undefined : [...path, ...rest];
    };
  };
}

/** All clients have the search list of the file, which is read once. */
function ofFile(source: Token, readFile: ReadFile): () => SearchPathOf {
  let text: string;
  try {
    text = readFile(besideCorefile(source, source.text));
  } catch (error) {
    const is = `it is no file: ${error instanceof Error ? error.message : error}`;
    throw cannotRead(source, 'search path', is, EXPECTED);
  }
  const elements = searchListOf(text);
  if (elements.length === 0) {
    throw cannotRead(source, 'search path', 'it is a file without a search list', 'search DOMAIN');
  }
  const path = elements.map((element) => {
    const name = elementOf(element);
    if (name !== undefined) return name;
    const is = `it has an element "${element}", which is no domain name`;
    throw cannotRead(source, 'search path', is, 'domain names');
  });
  return () => () => path;
}

/** Nobody named the machine's own file, so that what it lacks is no error. */
function ownSearchList(readFile: ReadFile): readonly string[] {
  try {
    return searchListOf(readFile(RESOLV_CONF)).flatMap((element) => elementOf(element) ?? []);
  } catch {
    return [];
  }
}

function elementOf(text: string): string | undefined {
  const name = lowerName(absoluteName(text));
  try {
    nameToWire(name);
    return name;
  } catch {
    return undefined;
  }
}
