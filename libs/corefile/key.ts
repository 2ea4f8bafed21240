/** The keys of a server block: `[scheme://]zone[:port]`. */
import { ConfigurationError } from './configuration-error.ts';
import type { Key, Scheme, Token } from './corefile.ts';
import { readZones } from './zone.ts';

/** Where each scheme is served when nothing else is said (RFC 1035, 7858, 9250, 8484; gRPC's). */
export const DEFAULT_PORTS: Readonly<Record<Scheme, number>> = {
  dns: 53,
  tls: 853,
  quic: 853,
  grpc: 443,
  https: 443,
  https3: 443,
};

const PORT_MAX = 65535;

/**
 * What one key stands for; several zones for a network. What follows the last colon is the port,
 * where it is a number; `:1053` is the root zone at that port.
 */
export function readKey(token: Token): readonly Key[] {
  const [, written = 'dns', rest = ''] = /^(?:(.*?):\/\/)?(.*)$/s.exec(token.text) ?? [];
  const scheme = written.toLowerCase();
  if (!isScheme(scheme)) {
    const known = Object.keys(DEFAULT_PORTS).join(', ');
    throw cannot(token, `the scheme "${written}" is unknown`, `one of ${known}`);
  }
  const [, zone = rest, digits] = /^(.*):([+-]?\d+|)$/s.exec(rest) ?? [];
  if (digits === '') throw cannot(token, 'it ends with a colon', 'a port after it, or no colon');
  const port = digits === undefined ? undefined : Number(digits);
  if (port !== undefined && !(port >= 0 && port <= PORT_MAX)) {
    throw cannot(token, `its port is ${digits}`, `a port up to ${PORT_MAX}`);
  }
  if (zone === '' && port === undefined) throw cannot(token, 'it names no zone', 'a zone, or "."');
  const zones = readZones(token, zone === '' ? '.' : zone);
  const { file, line, text, unset } = token;
  const place = unset === undefined ? { file, line } : { file, line, unset };
  return zones.map((each) => ({ scheme, zone: each, port, text, ...place }));
}

function isScheme(text: string): text is Scheme {
  return Object.hasOwn(DEFAULT_PORTS, text);
}

function cannot(token: Token, is: string, expected: string): ConfigurationError {
  return new ConfigurationError(
    token,
    `Cannot read the key "${token.text}": ${is}; expected ${expected}`,
  );
}
