/** Addresses to listen on: `:8080`, `localhost:9153`, `10.0.0.1:8181`, `[::1]:8080`. */
import { cannotRead } from './arguments.ts';
import type { Token } from './corefile.ts';

export interface ListenAddress {
  /** Empty: all addresses of the machine. */
  readonly host: string;
  /** 0: any free port, for tests. */
  readonly port: number;
}

const PORT_MAX = 65535;

/** Reads an address with its port. */
export function listenAddress(token: Token): ListenAddress {
  const [, bracketed, plain = '', digits = ''] =
    /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(token.text) ?? [];
  const port = digits === '' ? Number.NaN : Number(digits);
  if (port <= PORT_MAX) return { host: bracketed ?? plain, port };
  throw cannotRead(token, 'address', 'it is malformed', ':PORT, HOST:PORT or [IPV6]:PORT');
}

/** `:8080`, `[::1]:8080`: as a Corefile writes it. */
export function listenAddressText({ host, port }: ListenAddress): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
