/**
 * The file that Prometheus' exporters read for TLS, as far as it is about that: sections, and below
 * each its settings, a line each.
 *
 *   tls_server_config:
 *     cert_file: tls.crt
 *     key_file: tls.key
 */
import { dirname, isAbsolute, join } from 'node:path';

export interface WebConfig {
  readonly cert: string;
  readonly key: string;
  /** Of those who give certificates to clients. */
  readonly ca: string | undefined;
  /** Whether each client must have one. */
  readonly asksClients: boolean;
}

const SECTION = 'tls_server_config';
const SETTINGS = ['cert_file', 'key_file', 'client_ca_file', 'client_auth_type', 'min_version'];
const CLIENT_AUTH = ['NoClientCert', 'RequireAndVerifyClientCert'];
/** Older ones are never spoken, so that this is all that can be said. */
const VERSION = 'TLS12';

/** Throws RangeError, which says what is wrong in which line. Paths begin at the file. */
export function readWebConfig(text: string, file: string): WebConfig {
  const settings = new Map<string, string>();
  let section = '';
  for (const [i, whole] of text.split('\n').entries()) {
    const line = whole.replace(/(^|\s)#.*$/, '').trimEnd();
    if (line === '' || line === '---') continue;
    const [, indent = '', name = '', value = ''] =
      /^(\s*)([A-Za-z_0-9]+):(?:\s+(.*))?$/.exec(line) ?? [];
    if (indent === '' && name === SECTION && value === '') section = name;
    else if (section === '' || indent === '' || !SETTINGS.includes(name) || value === '') {
      const expected = `${SECTION}: and below it ${SETTINGS.join(', ')}`;
      throw new RangeError(`line ${i + 1}, "${line.trim()}", is not read; expected ${expected}`);
    } else settings.set(name, unquoted(value));
  }
  const path = (name: string) => {
    const value = settings.get(name);
    return value === undefined || isAbsolute(value) ? value : join(dirname(file), value);
  };
  const [cert, key, ca] = [path('cert_file'), path('key_file'), path('client_ca_file')];
  if (cert === undefined || key === undefined) {
    throw new RangeError(`it names no cert_file or no key_file; expected both in ${SECTION}`);
  }
  check('client_auth_type', settings.get('client_auth_type') ?? 'NoClientCert', CLIENT_AUTH);
  check('min_version', settings.get('min_version') ?? VERSION, [VERSION]);
  const asksClients = settings.get('client_auth_type') === 'RequireAndVerifyClientCert';
  if (asksClients && ca === undefined) {
    throw new RangeError('it has no client_ca_file; expected one to verify clients with');
  }
  return { cert, key, ca, asksClients };
}

function check(name: string, value: string, known: readonly string[]): void {
  if (known.includes(value)) return;
  throw new RangeError(`its ${name} is "${value}"; expected ${known.join(' or ')}`);
}

function unquoted(value: string): string {
  return /^"[^"]*"$|^'[^']*'$/.test(value) ? value.slice(1, -1) : value;
}
