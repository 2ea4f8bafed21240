/** Names that come to a server block, and that nobody answers for. */
import { isWithin } from '../../../libs/dns/name.ts';
import { routeOfAll } from '../../resolver/block.ts';
import {
  type Answering,
  answeringIn,
  type CheckedBlock,
  decides,
  zonesOfBlock,
} from './checked-block.ts';
import type { Surprise } from './surprise.ts';

export function unanswered(
  one: CheckedBlock,
  blocks: readonly CheckedBlock[],
): readonly Surprise[] {
  const answering = answeringIn(one);
  return [
    ...refusedNames(one, answering),
    ...fallenThrough(answering, zonesOfBlock(one.source)),
    ...outsideZones(one, answering, blocks),
  ];
}

/** Of the block's zones. */
function refusedNames(
  { source }: CheckedBlock,
  answering: readonly Answering[],
): readonly Surprise[] {
  return zonesOfBlock(source).flatMap((zone) => {
    const has = answering.filter(({ zones }) => zones.some((one) => isWithin(zone, one)));
    if (has.length > 0 || isAboutServer(zone, source)) return [];
    const at = source.keys.find((key) => key.zone === zone) ?? source;
    const some = answering.flatMap(({ zones }) => zones.filter((one) => isWithin(one, zone)));
    const which = zone === '.' ? 'all names' : `names of ${zone}`;
    const but = some.length === 0 ? '' : ` but those of ${listed(some)}`;
    const text = `${which}${but} are refused: no plugin here answers for them`;
    return [{ at, text: `${text}; expected forward, or a source of them` }];
  });
}

/** version.bind., id.server. and the like, which `chaos` answers in class CH. */
function isAboutServer(zone: string, { directives }: CheckedBlock['source']): boolean {
  const isThere = directives.some(({ name }) => name === 'chaos');
  return isThere && ['bind.', 'server.'].some((above) => isWithin(zone, above));
}

/** By `fallthrough`, to the end of the chain. */
function fallenThrough(
  answering: readonly Answering[],
  keys: readonly string[],
): readonly Surprise[] {
  return answering.flatMap((one, i) => {
    const { plugin, directive, zones, fallthrough } = one;
    const after = answering.slice(i + 1);
    const lost = zones.filter(
      (zone) =>
        keys.some((key) => isWithin(zone, key)) &&
        fallthrough.some((open) => isWithin(zone, open)) &&
        !after.some((other) => decides(other, zone)),
    );
    if (lost.length === 0) return [];
    const property = directive.block?.find(({ name }) => name === 'fallthrough') ?? directive;
    const text = `names of ${listed(lost)} that ${plugin} has not are refused, not denied`;
    return [{ at: property, text: `${text}: after fallthrough nobody answers for them` }];
  });
}

/** Zones of plugins that none of the block's is, or that another block has. */
function outsideZones(
  { source, block, listeners }: CheckedBlock,
  answering: readonly Answering[],
  all: readonly CheckedBlock[],
): readonly Surprise[] {
  const keys = zonesOfBlock(source);
  return answering.flatMap(({ plugin, directive, zones }) =>
    zones.flatMap((zone) => {
      const isAsked = keys.some((key) => isWithin(zone, key) || isWithin(key, zone));
      if (!isAsked) {
        const text = `nobody asks ${plugin} for ${zone} here`;
        return [{ at: directive, text: `${text}: it is in no zone of its server block` }];
      }
      // A zone above the keys comes to this block as far as they say.
      if (!keys.some((key) => isWithin(zone, key))) return [];
      for (const { blocks, server } of listeners) {
        const taking = routeOfAll(blocks, zone, 'A')?.block;
        if (taking === undefined || taking === block || taking.view !== undefined) continue;
        const line = all.find((other) => other.block === taking)?.source.line;
        const text = `nobody asks ${plugin} for ${zone} on ${server}`;
        return [{ at: directive, text: `${text}: the server block of line ${line} has that zone` }];
      }
      return [];
    }),
  );
}

/** So many zones, and how many more there are. */
const LISTED = 3;

function listed(zones: readonly string[]): string {
  const distinct = [...new Set(zones)];
  const rest = distinct.length - LISTED;
  const some = distinct.slice(0, LISTED).join(', ');
  return rest > 0 ? `${some} and ${rest} more zones` : some;
}
