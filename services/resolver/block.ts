/** Server blocks as the server sees them, and which of them a question belongs to. */
import { longestZone, parentName } from '../../libs/dns/name.ts';
import type { ConnectionLimits } from '../../libs/socket/tcp-limits.ts';
import type { Next, Plugin } from './plugin.ts';

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
}

/** An address and port with the zones served there. */
export interface Listener {
  /** Empty: all addresses. */
  readonly host: string;
  readonly port: number;
  /** `dns://:53`, the label in metrics. */
  readonly server: string;
  /** Sockets that share its UDP port; undefined: as many as cores. */
  readonly sockets?: number | undefined;
  /** Of its TCP connections; undefined: the usual ones. */
  readonly connectionLimits?: Partial<ConnectionLimits> | undefined;
  readonly blocks: ReadonlyMap<string, Block>;
}

export interface Route {
  readonly zone: string;
  readonly block: Block;
}

/**
 * The block of the longest zone that the name is in; undefined when none is. DS belongs to the
 * parent's side of a zone cut (RFC 4035 § 3.1.4.1), where that is served too.
 */
export function routeOf(
  blocks: ReadonlyMap<string, Block>,
  name: string,
  type: string,
): Route | undefined {
  const zones = [...blocks.keys()];
  let zone = longestZone(name, zones);
  if (type === 'DS' && zone === name) {
    zone = longestZone(parentName(name) ?? '.', zones) ?? zone;
  }
  const block = zone === undefined ? undefined : blocks.get(zone);
  return zone === undefined || block === undefined ? undefined : { zone, block };
}
