/**
 * What the client is told of us and the servers, the same for each connection; files are read
 * whenever it connects.
 */
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import { type Auth, type ConnectionOptions, jwtAuthenticator, nkeyAuthenticator } from 'nats';
import { TlsContext } from '../tls/tls-files.ts';
import { type LogAccess, readCredentials } from './access.ts';
import type { ServerUrls } from './server-urls.ts';

/** `tell`: what is wrong with a file at a later connection, for people. */
export function clientOptions(
  { addresses, isTls, user, pass, token }: ServerUrls,
  access: LogAccess,
  tell: (text: string) => void,
): ConnectionOptions {
  const { credentials, nkey, tls } = access;
  const isByFile = credentials !== undefined || nkey !== undefined;
  return {
    ...((isTls || tls !== undefined) && {
      tls: tlsOptions(new TlsContext(tls ?? {}, tell), addresses),
    }),
    ...(user !== undefined && { user }),
    ...(pass !== undefined && { pass }),
    ...(token !== undefined && { token }),
    ...(isByFile && { authenticator: authenticator(access, tell) }),
  };
}

/**
 * Of what can't be read the server hears nothing, and refuses us: throwing stops the client. It is
 * told once, not at each attempt.
 */
function authenticator(access: LogAccess, tell: (text: string) => void) {
  let told: string | undefined;
  return (nonce?: string): Auth => {
    const read = authenticate(access, nonce);
    const why = read.kind === 'refused' ? read.why : undefined;
    if (why !== undefined && why !== told) tell(why);
    told = why;
    return read.kind === 'auth' ? read.auth : undefined;
  };
}

type Authenticated =
  | { readonly kind: 'auth'; readonly auth: Auth }
  | { readonly kind: 'refused'; readonly why: string };

function authenticate(access: LogAccess, nonce: string | undefined): Authenticated {
  const read = readCredentials(access);
  if (read.kind === 'refused') return read;
  if (read.kind === 'none') return { kind: 'auth', auth: undefined };
  const seed = new TextEncoder().encode(read.seed);
  const of = read.kind === 'jwt' ? jwtAuthenticator(read.jwt, seed) : nkeyAuthenticator(seed);
  try {
    return { kind: 'auth', auth: of(nonce) };
  } catch {
    const file = access.credentials ?? access.nkey;
    const is = 'its checksum is wrong';
    return { kind: 'refused', why: `Cannot use the seed in "${file}": ${is}; expected it as made` };
  }
}

/** The client copies these at each connection, which is when the context is asked for. */
function tlsOptions(context: TlsContext, addresses: readonly string[]) {
  const { serverName } = context;
  return {
    handshakeFirst: false,
    ...(serverName !== undefined && { servername: serverName }),
    checkServerIdentity: identityCheck(addresses.map(hostOf)),
    get secureContext() {
      return context.now;
    },
  };
}

/**
 * For a server that it knows by its IP address alone, the client does not say which one it is, and
 * Node takes it for "localhost": the certificate must then have one of the addresses we were given.
 */
function identityCheck(hosts: readonly string[]) {
  return (host: string, certificate: PeerCertificate): Error | undefined => {
    if (host !== 'localhost' || hosts.includes(host)) return checkServerIdentity(host, certificate);
    const wrong = hosts.map((one) => checkServerIdentity(one, certificate));
    return wrong.includes(undefined) ? undefined : wrong[0];
  };
}

function hostOf(address: string): string {
  return address.slice(0, address.lastIndexOf(':')).replace(/^\[|\]$/g, '');
}
