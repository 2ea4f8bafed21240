/** Who serves what where. A zone of an address and port has one server block. */
import { ConfigurationError } from '../../libs/corefile/configuration-error.ts';
import type { Key, Scheme } from '../../libs/corefile/corefile.ts';
import { DEFAULT_PORTS } from '../../libs/corefile/key.ts';
import { listenAddressText } from '../../libs/corefile/listen-address.ts';
import { each } from '../../libs/corefile/wrongs.ts';
import type { StreamScheme } from '../../libs/socket/carriage.ts';
import { LISTENERS_MAX } from '../../libs/table/layout.ts';
import type { Block, Listener } from './block.ts';
import type { Plugin } from './plugin.ts';

type ListenerRow = Pick<Listener, 'host' | 'port'> & {
  readonly scheme: StreamScheme;
  /** The first that names it. */
  readonly key: Key;
  readonly security: Served['security'];
  sockets: Served['sockets'];
  connectionLimits: Served['connectionLimits'];
  httpLimits: Served['httpLimits'];
  readonly blocks: Map<string, Block[]>;
};

export interface Served {
  readonly block: Block;
  /** Where: '' is all addresses. */
  readonly hosts: readonly string[];
  readonly sockets: number | undefined;
  readonly connectionLimits: Plugin['connectionLimits'] | undefined;
  readonly security: Plugin['security'] | undefined;
  readonly httpLimits: Plugin['httpLimits'] | undefined;
}

export class ListenerTable {
  readonly #dnsPort: number;
  /** By address and port. */
  readonly #listeners = new Map<string, ListenerRow>();
  readonly #defined = new Map<string, Key>();

  /** `dnsPort`: of keys that name none. */
  constructor(dnsPort: number) {
    this.#dnsPort = dnsPort;
  }

  portOf({ scheme, port }: Pick<Key, 'scheme' | 'port'>): number {
    return port ?? (scheme === 'dns' ? this.#dnsPort : DEFAULT_PORTS[scheme]);
  }

  /** Also those after one that is wrong. Throws ConfigurationError. */
  addAll(keys: readonly Key[], served: Served): void {
    // One key may stand for many zones.
    each([...Map.groupBy(keys, ({ text }) => text).values()], (zones) => {
      for (const key of zones) this.add(key, served);
    });
  }

  /** Throws ConfigurationError. */
  add(key: Key, served: Served): void {
    const { block, hosts, sockets, connectionLimits, httpLimits } = served;
    const scheme = schemeOf(key, served);
    const port = this.portOf(key);
    for (const host of hosts) {
      const server = serverLabel(scheme, host, port);
      const place = `${key.zone} at ${server}`;
      // Who takes all queries leaves none to those after it; views may come before.
      const other = this.#defined.get(place);
      if (other !== undefined) {
        throw cannotServe(
          key,
          `line ${other.line} serves ${place} already`,
          'one server block for a zone and port, after those with a view',
        );
      }
      if (block.view === undefined) this.#defined.set(place, key);
      const listener = this.#listenerAt(host, port, { key, scheme, served });
      // The first block that says it decides.
      listener.sockets ??= sockets;
      listener.connectionLimits ??= connectionLimits;
      listener.httpLimits ??= httpLimits;
      const blocks = listener.blocks.get(key.zone) ?? [];
      listener.blocks.set(key.zone, blocks);
      blocks.push(block);
    }
  }

  /** In the order in which the file names them. Throws ConfigurationError. */
  listeners(): readonly Listener[] {
    const rows = [...this.#listeners.values()];
    const tooMany = rows[LISTENERS_MAX];
    if (tooMany !== undefined) {
      throw cannotServe(
        tooMany.key,
        `it is one of ${rows.length} addresses and ports`,
        `at most ${LISTENERS_MAX} of them`,
      );
    }
    return rows.map(({ key: _, ...listener }) => {
      const { scheme, host, port } = listener;
      return { ...listener, server: serverLabel(scheme, host, port) };
    });
  }

  #listenerAt(
    host: string,
    port: number,
    by: { readonly key: Key; readonly scheme: StreamScheme; readonly served: Served },
  ): ListenerRow {
    const { key, scheme, served } = by;
    const address = listenAddressText({ host, port });
    const known = this.#listeners.get(address);
    const security = scheme === 'dns' ? undefined : served.security;
    if (known === undefined) {
      const { sockets, connectionLimits, httpLimits } = served;
      const own = { sockets, connectionLimits, security, httpLimits };
      const row: ListenerRow = { host, port, scheme, key, ...own, blocks: new Map() };
      this.#listeners.set(address, row);
      return row;
    }
    if (known.scheme !== scheme) {
      const is = `line ${known.key.line} has ${known.scheme}:// at ${address}`;
      throw cannotServe(key, is, 'another port');
    }
    // Who comes is known only after the handshake.
    if (!isSameSecurity(known.security, security)) {
      const server = serverLabel(scheme, host, port);
      const is = `line ${known.key.line} serves ${server} with another tls`;
      throw cannotServe(key, is, 'the same in all server blocks of an address and port');
    }
    return known;
  }
}

/** As metrics name it. */
export function serverLabel(scheme: Scheme, host: string, port: number): string {
  return `${scheme}://${listenAddressText({ host, port })}`;
}

/** Whether clients of both get the same: the same server blocks for the same zones. */
export function isSameListener(one: Listener, other: Listener): boolean {
  if (one.server !== other.server || one.blocks.size !== other.blocks.size) return false;
  return [...one.blocks].every(([zone, blocks]) => {
    const others = other.blocks.get(zone) ?? [];
    return blocks.length === others.length && blocks.every((block, i) => block === others[i]);
  });
}

/** What is served; HTTP may be in the clear, since a proxy before it may have the certificate. */
function schemeOf(key: Key, { security }: Served): StreamScheme {
  const { scheme } = key;
  if (scheme !== 'dns' && scheme !== 'tls' && scheme !== 'https') {
    throw cannotServe(key, `${scheme} is not here yet`, 'dns, tls, https, or no scheme');
  }
  if (scheme === 'tls' && security === undefined) {
    throw cannotServe(key, 'it has no certificate', '"tls CERT KEY" in its server block');
  }
  return scheme;
}

function isSameSecurity(one: Served['security'], other: Served['security']): boolean {
  if (one === undefined || other === undefined) return one === other;
  const [files, others] = [one.keys.files, other.keys.files];
  return (
    one.clientAuth === other.clientAuth &&
    files.cert === others.cert &&
    files.key === others.key &&
    files.ca === others.ca
  );
}

function cannotServe(key: Key, is: string, expected: string): ConfigurationError {
  return new ConfigurationError(key, `Cannot serve "${key.text}": ${is}; expected ${expected}`);
}
