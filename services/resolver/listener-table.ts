/** Who serves what where. A zone of an address and port has one server block. */
import { ConfigurationError } from '../../libs/corefile/configuration-error.ts';
import type { Key } from '../../libs/corefile/corefile.ts';
import { listenAddressText } from '../../libs/corefile/listen-address.ts';
import type { Block, Listener } from './block.ts';
import type { Plugin } from './plugin.ts';

interface ListenerRow {
  readonly host: string;
  readonly port: number;
  sockets: number | undefined;
  connectionLimits: Served['connectionLimits'];
  readonly blocks: Map<string, Block[]>;
}

export interface Served {
  readonly block: Block;
  /** Where: '' is all addresses. */
  readonly hosts: readonly string[];
  readonly sockets: number | undefined;
  readonly connectionLimits: Plugin['connectionLimits'] | undefined;
}

export class ListenerTable {
  readonly #dnsPort: number;
  readonly #listeners = new Map<string, ListenerRow>();
  readonly #defined = new Map<string, Key>();

  /** `dnsPort`: of keys that name none. */
  constructor(dnsPort: number) {
    this.#dnsPort = dnsPort;
  }

  portOf(key: Key | undefined): number {
    return key?.port ?? this.#dnsPort;
  }

  /** Throws ConfigurationError. */
  add(key: Key, served: Served): void {
    const { block, hosts, sockets, connectionLimits } = served;
    if (key.scheme !== 'dns') {
      throw new ConfigurationError(
        key,
        `Cannot serve "${key.text}": ${key.scheme} is not here yet; expected dns, or no scheme`,
      );
    }
    const port = this.portOf(key);
    for (const host of hosts) {
      const server = serverLabel(host, port);
      const place = `${key.zone} at ${server}`;
      // Who takes all queries leaves none to those after it; views may come before.
      const other = this.#defined.get(place);
      if (other !== undefined) {
        throw new ConfigurationError(
          key,
          `Cannot serve "${key.text}": line ${other.line} serves ${place} already; ` +
            'expected one server block for a zone and port, after those with a view',
        );
      }
      if (block.view === undefined) this.#defined.set(place, key);
      const fresh = { host, port, sockets, connectionLimits, blocks: new Map<string, Block[]>() };
      const listener: ListenerRow = this.#listeners.get(server) ?? fresh;
      this.#listeners.set(server, listener);
      // The first block that says it decides.
      listener.sockets ??= sockets;
      listener.connectionLimits ??= connectionLimits;
      const blocks = listener.blocks.get(key.zone) ?? [];
      listener.blocks.set(key.zone, blocks);
      blocks.push(block);
    }
  }

  /** In the order in which the file names them. */
  listeners(): readonly Listener[] {
    return [...this.#listeners].map(([server, listener]) => ({ ...listener, server }));
  }
}

/** As metrics name it. */
export function serverLabel(host: string, port: number): string {
  return `dns://${listenAddressText({ host, port })}`;
}

/** Whether clients of both get the same: the same server blocks for the same zones. */
export function isSameListener(one: Listener, other: Listener): boolean {
  if (one.server !== other.server || one.blocks.size !== other.blocks.size) return false;
  return [...one.blocks].every(([zone, blocks]) => {
    const others = other.blocks.get(zone) ?? [];
    return blocks.length === others.length && blocks.every((block, i) => block === others[i]);
  });
}
