/**
 * How a NATS server knows us, from the files that `nsc` and `nk` write. They are read at the start,
 * to say what is wrong with them, and again at each connection, since they are renewed.
 */
import { readFileSync } from 'node:fs';
import { type TlsFiles, whyNoTls } from '../tls/tls-files.ts';

/** A user and password, or a token, are in the servers' URLs. */
export interface LogAccess {
  /** A file of credentials: a user's JWT and the seed of its key. */
  readonly credentials?: string;
  /** A file with the seed of a user's key. */
  readonly nkey?: string;
  readonly tls?: TlsFiles;
}

export type Credentials =
  | { readonly kind: 'jwt'; readonly jwt: string; readonly seed: string }
  | { readonly kind: 'nkey'; readonly seed: string }
  | { readonly kind: 'none' }
  | { readonly kind: 'refused'; readonly why: string };

/** Larger is no file of credentials, in octets: a user's JWT has its permissions, 100 of them. */
const FILE_OCTETS_MAX = 64 * 1024;
/** A user's seed: base 32, of which the first letters say what it is. */
const SEED = /\bSU[A-Z2-7]{56}\b/;
const JWT = /^-+BEGIN NATS USER JWT-+\s+(?<jwt>[\w-]+\.[\w-]+\.[\w-]+)\s/m;

/** Why this can't be used, in the house sentence; undefined when it can. */
export function whyNoAccess(access: LogAccess): string | undefined {
  const credentials = readCredentials(access);
  if (credentials.kind === 'refused') return credentials.why;
  return access.tls && whyNoTls(access.tls);
}

/** Of the files as they are now. What is wrong is said without what is in them. */
export function readCredentials({ credentials, nkey }: LogAccess): Credentials {
  const file = credentials ?? nkey;
  if (file === undefined) return { kind: 'none' };
  const expected = credentials === undefined ? 'the seed of a user (SU…)' : 'what nsc writes';
  const refused = (is: string): Credentials => {
    const what = credentials === undefined ? 'nkey' : 'credentials';
    return { kind: 'refused', why: `Cannot use "${file}" as ${what}: ${is}; expected ${expected}` };
  };
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    return refused(error instanceof Error ? error.message : String(error));
  }
  if (text.length > FILE_OCTETS_MAX) return refused(`it has ${text.length} characters`);
  const [seed] = SEED.exec(text) ?? [];
  if (seed === undefined) return refused('it has no seed of a user');
  if (credentials === undefined) return { kind: 'nkey', seed };
  const jwt = JWT.exec(text)?.groups?.jwt;
  return jwt === undefined ? refused('it has no JWT of a user') : { kind: 'jwt', jwt, seed };
}
