/** Server blocks as the server sees them, and which of them a question belongs to. */
import { parentName } from '../../libs/dns/name.ts';
import type { StreamScheme } from '../../libs/socket/carriage.ts';
import type { ConnectionLimits, HttpLimits } from '../../libs/socket/tcp-limits.ts';
import type { Security } from '../../libs/socket/tls-acceptor.ts';
import type { ChainNames } from './chain-names.ts';
import type { Plugin, View } from './plugin.ts';
import type { Next, Query } from './query.ts';

/** A server block that is set up. */
export interface Block {
  /** In the order of the chain. */
  readonly plugins: readonly Plugin[];
  readonly chain: Next;
  /** Whether it asks upstream for clients: RA (RFC 1035 § 4.1.1). */
  readonly recursion: boolean;
  /** Whether the table may answer for it. */
  readonly tableCapable: boolean;
  /** Whether the table may also deny names for it. */
  readonly tableDenies: boolean;
  /** No UDP reply of the chain is larger; undefined: only the client limits it. */
  readonly udpOctetsMax?: number | undefined;
  /** Failures that are cached are left to the chain. */
  readonly leavesFailures?: boolean;
  /** Names that the table leaves to the chain; undefined: none. */
  readonly chainNames?: ChainNames | undefined;
  /** It serves only the queries of this view; undefined: all. */
  readonly view?: View | undefined;
}

/** Of each zone in file order: those of views, and at most one that takes the rest, at the end. */
export type Blocks = ReadonlyMap<string, readonly Block[]>;

/** An address and port with the zones served there. */
export interface Listener {
  /** Empty: all addresses. */
  readonly host: string;
  readonly port: number;
  /** Absent: dns. */
  readonly scheme?: StreamScheme;
  /** `dns://:53`, the label in metrics. */
  readonly server: string;
  /** Sockets that share its UDP port; undefined: as many as cores. */
  readonly sockets?: number | undefined;
  /** Of its TCP connections; undefined: the usual ones. */
  readonly connectionLimits?: Partial<ConnectionLimits> | undefined;
  /** Undefined: nothing is encrypted, which only dns and https may be. */
  readonly security?: Security | undefined;
  readonly httpLimits?: Partial<HttpLimits> | undefined;
  readonly blocks: Blocks;
}

export interface Route {
  readonly zone: string;
  readonly block: Block;
}

/**
 * The block of the longest zone that the name is in, and that takes the query; undefined when none
 * is. A query that no view of a zone takes is looked for in the zones above.
 */
export function routeOf(blocks: Blocks, query: Query): Route | undefined {
  for (const zone of zonesOver(blocks, query.name, query.question.type)) {
    for (const block of blocks.get(zone) ?? []) {
      if (block.view === undefined || block.view.takes(query)) return { zone, block };
    }
  }
  return undefined;
}

/** The same where it does not depend on who asks; undefined where a view decides, or nobody. */
export function routeOfAll(blocks: Blocks, name: string, type: string): Route | undefined {
  for (const zone of zonesOver(blocks, name, type)) {
    const [block] = blocks.get(zone) ?? [];
    if (block !== undefined) return block.view === undefined ? { zone, block } : undefined;
  }
  return undefined;
}

/**
 * Zones that the name is in, the longest one first. DS belongs to the parent's side of a zone cut
 * (RFC 4035 § 3.1.4.1), where that is served too.
 */
function zonesOver(blocks: Blocks, name: string, type: string): readonly string[] {
  const zones: string[] = [];
  for (let at: string | undefined = name; at !== undefined; at = parentName(at)) {
    if (blocks.has(at)) zones.push(at);
  }
  const [own, ...parents] = zones;
  return type === 'DS' && own === name ? [...parents, own] : zones;
}
