/**
 * What is right in a Corefile, and likely not meant: each a sentence with its place.
 *
 *   off the table     who answers in the place of the table
 *   reached.ts        server blocks and zones that no question comes to
 *   answered.ts       names that nobody answers for
 *   repeated.ts       what is said twice, and counts once
 */
import type { Place, ServerBlock } from '../../../libs/corefile/corefile.ts';
import { isWithin } from '../../../libs/dns/name.ts';
import { routeOfAll } from '../../resolver/block.ts';
import type { Plugin } from '../../resolver/plugin.ts';
import { unanswered } from './answered.ts';
import { type CheckedBlock, zonesOfBlock } from './checked-block.ts';
import { unreached } from './reached.ts';
import { oddKeys, repeated } from './repeated.ts';
import type { Surprise } from './surprise.ts';

/** `dnsPort`: of keys that name none. In file order. */
export function surprisesOf(blocks: readonly CheckedBlock[], dnsPort: number): readonly Surprise[] {
  const all = blocks.flatMap((one) => [
    ...ofText(one.source),
    ...offTheTable(one),
    ...unanswered(one, blocks),
    ...unreached(one, blocks, dnsPort),
  ]);
  return inFileOrder(all);
}

/** What surprises whatever the rest comes to, of a file that can't be used. */
export function surprisesOfText(blocks: readonly ServerBlock[]): readonly Surprise[] {
  return inFileOrder(blocks.flatMap(ofText));
}

function ofText(source: ServerBlock): readonly Surprise[] {
  return [...oddKeys(source), ...repeated(source)];
}

function inFileOrder(all: readonly Surprise[]): readonly Surprise[] {
  return all.toSorted((a, b) => a.at.line - b.at.line);
}

/** Whether the table answers for it at all: names of clusters, or what the cache has. */
export function isForTable(one: CheckedBlock): boolean {
  const { plugins, tableCapable } = one.block;
  if (!tableCapable) return false;
  if (plugins.some(isOfClusters) && sharedZones(one).length === 0) return true;
  return plugins.some(({ name }) => name === 'cache') && isAskedByAll(one);
}

/** Plugins whose answers the table could give: of others it has none. */
function hasForTable({ block }: CheckedBlock): boolean {
  return block.plugins.some((plugin) => isOfClusters(plugin) || plugin.name === 'cache');
}

/** For one of its zones at least, whoever asks. */
function isAskedByAll({ source, block, listeners }: CheckedBlock): boolean {
  return zonesOfBlock(source).some((zone) =>
    listeners.some(({ blocks }) => routeOfAll(blocks, zone, 'A')?.block === block),
  );
}

function isOfClusters({ name }: Plugin): boolean {
  return ['kubernetes', 'kubernetai', 'federation'].includes(name);
}

function offTheTable(one: CheckedBlock): readonly Surprise[] {
  if (!hasForTable(one)) return [];
  const { source, block } = one;
  const plugins = block.plugins.flatMap((plugin): readonly Surprise[] => {
    const { name } = plugin;
    const at = source.directives.find((directive) => directive.name === name) ?? source;
    if (plugin.seesEveryQuery === true) {
      const text = `${name} sees every query, so the chain answers for this server block`;
      return [{ at, text: `${text}, more slowly than the table would` }];
    }
    if (plugin.seesEveryDenial === true && block.tableCapable) {
      const text = `${name} sees every denial, so the chain denies names for this server block`;
      return [{ at, text: `${text}, more slowly than the table would` }];
    }
    return [];
  });
  return [...plugins, ...sharedZones(one), ...cachedForSome(one)];
}

/** Where nothing but the cache is for the table. */
function cachedForSome(one: CheckedBlock): readonly Surprise[] {
  const { source, block } = one;
  const at = source.directives.find(({ name }) => name === 'cache');
  const [zone] = zonesOfBlock(source);
  const isLeft = !block.tableCapable || block.plugins.some(isOfClusters) || isAskedByAll(one);
  return at === undefined || zone === undefined || isLeft ? [] : [viewDecides(at, zone)];
}

function viewDecides(at: Place, zone: string): Surprise {
  return { at, text: `a view decides who answers for ${zone}, so the chain does, not the table` };
}

/** Zones of clusters that are not all this server block's, by views or by zones below. */
function sharedZones({ source, block, listeners }: CheckedBlock): readonly Surprise[] {
  if (!block.tableCapable) return [];
  const plugin = block.plugins.find(isOfClusters);
  const zones = plugin?.sourceZones?.() ?? [];
  const at = source.directives.find(({ name }) => name === plugin?.name) ?? source;
  for (const { blocks } of listeners) {
    for (const zone of zones) {
      const isViewed = [...blocks].some(
        ([key, some]) => isWithin(zone, key) && some.some(({ view }) => view !== undefined),
      );
      if (isViewed && zonesOfBlock(source).some((key) => isWithin(zone, key))) {
        return [viewDecides(at, zone)];
      }
      if (routeOfAll(blocks, zone, 'A')?.block !== block) continue;
      const deeper = [...blocks.keys()].find((key) => key !== zone && isWithin(key, zone));
      if (deeper === undefined) continue;
      const text = `${deeper} lies in ${zone} and has its own server block, so the chain answers`;
      return [{ at, text: `${text} for all zones of ${plugin?.name}, not the table` }];
    }
  }
  return [];
}
