/**
 * What a server block says of the answers that it has from others: the same twice, and who
 * remembers an answer of one may give it for the other.
 */
import { createHash } from 'node:crypto';
import type { Directive, ServerBlock } from '../../libs/corefile/corefile.ts';
import { sayingOf } from '../../libs/corefile/digest.ts';
import type { Plugin } from './plugin.ts';
import { PLUGIN_ORDER } from './plugin-order.ts';

/**
 * Plugins that answer with authority for names of their own, and pass on all others: nobody
 * remembers what they say. redisc only repeats what those below it said; keys are a listener's.
 */
const WITHOUT_A_SAY = [
  'kubernetes',
  'kubernetai',
  'federation',
  'k8s_external',
  'hosts',
  'loop',
  'transfer',
  'redisc',
  'tls',
];

/** 96 bits, in 16 characters: in each key of a store. */
const ORIGIN_CHARACTERS = 16;

/** The plugin of this name, and what is below it in the chain. */
export function sayingBelow(block: ServerBlock, name: string): string {
  const seats = PLUGIN_ORDER.map((seat) => seat.name);
  const below = seats.slice(seats.indexOf(name)).filter((seat) => !WITHOUT_A_SAY.includes(seat));
  return sayingOf({ ...block, keys: [], directives: inOrder(block.directives, below) });
}

/**
 * A word for where answers of others come from: the zones of the block, all that is below `redisc`
 * in the chain (its view too), and the servers that are asked, since /etc/resolv.conf names others
 * on another machine.
 */
export function originOf(block: ServerBlock, plugins: readonly Plugin[]): string {
  const zones = [...new Set(block.keys.map(({ zone }) => zone))].toSorted();
  const servers = plugins.flatMap(({ servers = [] }) => servers);
  return createHash('sha256')
    .update(JSON.stringify([zones, sayingBelow(block, 'redisc'), servers]))
    .digest('base64url')
    .slice(0, ORIGIN_CHARACTERS);
}

/** Directives of these names, each name at its seat. */
function inOrder(directives: readonly Directive[], names: readonly string[]): readonly Directive[] {
  return names.flatMap((name) => directives.filter((directive) => directive.name === name));
}
