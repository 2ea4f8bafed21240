/** Server blocks with where they are served, and what each plugin of them answers for. */
import type { Directive, ServerBlock } from '../../../libs/corefile/corefile.ts';
import { readZones } from '../../../libs/corefile/zone.ts';
import { isWithin } from '../../../libs/dns/name.ts';
import type { Block, Listener } from '../../resolver/block.ts';
import type { Configuration } from '../../resolver/configuration.ts';

export interface CheckedBlock {
  readonly source: ServerBlock;
  readonly block: Block;
  readonly listeners: readonly Listener[];
}

/** Zones for which a plugin has the last word, or asks somebody who has. */
export interface Answering {
  readonly plugin: string;
  readonly directive: Directive;
  readonly zones: readonly string[];
  /** Where it asks the next plugin for what it has not. */
  readonly fallthrough: readonly string[];
}

type Blocks = Pick<Configuration, 'sources' | 'blockOf' | 'listeners'>;

/** In file order. */
export function checkedBlocks(configuration: Blocks): readonly CheckedBlock[] {
  return configuration.sources.flatMap((source) => {
    const block = configuration.blockOf(source);
    if (block === undefined) return [];
    const isHere = ({ blocks }: Listener) => [...blocks.values()].flat().includes(block);
    return [{ source, block, listeners: configuration.listeners.filter(isHere) }];
  });
}

/** Zones of a server block, each once. */
export function zonesOfBlock({ keys }: ServerBlock): readonly string[] {
  return [...new Set(keys.map(({ zone }) => zone))];
}

/** They ask others for what the zone in front says. */
const FORWARDING = ['forward', 'grpc'];
/** They answer whatever comes to them. */
const ANSWERS_ALL = ['whoami', 'erratic', 'template'];

/** In the order of the chain. */
export function answeringIn({ source, block }: CheckedBlock): readonly Answering[] {
  const all = zonesOfBlock(source);
  return block.plugins.flatMap((plugin) => {
    const directives = source.directives.filter(({ name }) => name === plugin.name);
    const [directive] = directives;
    if (directive === undefined) return [];
    const fallthrough = directives.flatMap(fallthroughOf);
    const said = { plugin: plugin.name, directive, fallthrough };
    if (FORWARDING.includes(plugin.name)) {
      return directives.map((one) => ({ ...said, directive: one, zones: zonesIn(one, 0, 1) }));
    }
    if (plugin.name === 'hosts') {
      const named = zonesIn(directive, 1);
      return [{ ...said, zones: named.length === 0 ? all : named }];
    }
    if (ANSWERS_ALL.includes(plugin.name)) return [{ ...said, zones: all }];
    const zones = plugin.sourceZones?.();
    return zones === undefined ? [] : [{ ...said, zones: [...new Set(zones)] }];
  });
}

/** Whether it has the last word on names of the zone. */
export function decides({ zones, fallthrough }: Answering, zone: string): boolean {
  const isWithinAny = (all: readonly string[]) => all.some((one) => isWithin(zone, one));
  return isWithinAny(zones) && !isWithinAny(fallthrough);
}

function fallthroughOf({ block = [] }: Directive): readonly string[] {
  return block
    .filter(({ name }) => name === 'fallthrough')
    .flatMap((property) => (property.args.length === 0 ? ['.'] : zonesIn(property)));
}

function zonesIn({ args }: Pick<Directive, 'args'>, from = 0, to?: number): readonly string[] {
  return args.slice(from, to).flatMap((token) => readZones(token));
}
