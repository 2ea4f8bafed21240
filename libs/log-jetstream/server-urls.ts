/**
 * Addresses of NATS servers as people write them: `nats://HOST[:PORT]`, `tls://…`, or just the
 * host. A user and password, or a token alone, is taken out, so that what is shown to people has
 * none.
 */
export interface ServerUrls {
  /** For the client: host and port. */
  readonly addresses: readonly string[];
  /** For people: without user and password. */
  readonly shown: string;
  readonly isTls: boolean;
  readonly user?: string;
  readonly pass?: string;
  readonly token?: string;
}

const PORT = '4222';

export function readServerUrls(servers: readonly string[]): ServerUrls {
  const urls = servers.map(readUrl);
  const [first] = urls;
  if (first === undefined) {
    throw new RangeError('Cannot use "" as log: it names no server; expected nats://HOST:PORT');
  }
  const named = urls.find(({ username }) => username !== '');
  return {
    addresses: urls.map(addressOf),
    shown: urls.map((url) => `${url.protocol}//${addressOf(url)}`).join(', '),
    isTls: first.protocol === 'tls:',
    ...(named && secretOf(named)),
  };
}

function secretOf({ username, password }: URL): Pick<ServerUrls, 'user' | 'pass' | 'token'> {
  const first = decodeURIComponent(username);
  return password === '' ? { token: first } : { user: first, pass: decodeURIComponent(password) };
}

function readUrl(server: string): URL {
  const text = server.includes('://') ? server : `nats://${server}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isNats = url?.protocol === 'nats:' || url?.protocol === 'tls:';
  const isWhole = url !== undefined && url.hostname !== '' && /^\/?$/.test(url.pathname);
  if (isWhole && isNats && isDecodable(url.username) && isDecodable(url.password)) return url;
  // It may hold a password: only what stands behind that is shown.
  const shown = server.slice(server.lastIndexOf('@') + 1);
  throw new RangeError(
    `Cannot use "${shown}" as log: it is no address of a NATS server; expected nats://HOST:PORT`,
  );
}

function addressOf({ hostname, port }: URL): string {
  return `${hostname}:${port === '' ? PORT : port}`;
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
