/**
 * The files of TLS to a server of ours: whom we trust, and who we are.
 *
 *   files ─► whyNoTls: at the start, before anything is open
 *         └► TlsContext.now: at each connection, so that certificates are renewed under a running
 *            process; what can't be read then is told, and the last that could goes on
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext, type SecureContext } from 'node:tls';

export interface TlsFiles {
  /** Certificates of those whom we trust, PEM; without it those that Node knows. */
  readonly ca?: string;
  /** Who we are, PEM, for a server that asks. */
  readonly pair?: { readonly cert: string; readonly key: string };
  /** The name in the server's certificate, where it is not the host that is connected to. */
  readonly serverName?: string;
}

/** Why no connection can be made with them, in the house sentence; undefined when one can. */
export function whyNoTls(files: TlsFiles): string | undefined {
  const read = readFiles(files);
  return read.kind === 'refused' ? read.why : undefined;
}

export class TlsContext {
  readonly serverName: string | undefined;
  readonly #files: TlsFiles;
  readonly #onTrouble: (text: string) => void;
  #last: SecureContext | undefined;
  /** What is told is not told again at each attempt to connect. */
  #told: string | undefined;

  constructor(files: TlsFiles, onTrouble: (text: string) => void) {
    this.serverName = files.serverName;
    this.#files = files;
    this.#onTrouble = onTrouble;
  }

  /** Of the files as they are now. Throws only if they never were right. */
  get now(): SecureContext {
    const read = readFiles(this.#files);
    if (read.kind === 'context') {
      this.#last = read.context;
      this.#told = undefined;
    } else {
      if (this.#last === undefined) throw new Error(read.why);
      if (this.#told !== read.why) this.#onTrouble(`${read.why}; what was read before is used`);
      this.#told = read.why;
    }
    return this.#last;
  }
}

/** What the files say, in PEM form. */
export interface TlsTexts {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

export type TlsRead =
  | { readonly kind: 'context'; readonly context: SecureContext; readonly texts: TlsTexts }
  | { readonly kind: 'refused'; readonly why: string };

/** All of them, if a connection can be made with them. */
export function readFiles({ ca, pair }: TlsFiles): TlsRead {
  let reading = ca ?? '';
  let expected = 'certificates in PEM form';
  const text = (file: string) => {
    reading = file;
    return readFileSync(file, 'utf8');
  };
  // A context takes anything for a certificate that we trust, and then trusts nobody.
  const certificates = (file: string) => {
    const read = text(file);
    return new X509Certificate(read) && read;
  };
  try {
    const trusted = ca === undefined ? {} : { ca: certificates(ca) };
    const cert = pair && certificates(pair.cert);
    expected = `the private key of "${pair?.cert}" in PEM form`;
    const key = pair && text(pair.key);
    if (key !== undefined) createPrivateKey(key);
    const own = cert !== undefined && key !== undefined ? { cert, key } : {};
    const texts = { ...trusted, ...own };
    return { kind: 'context', context: createSecureContext(texts), texts };
  } catch (error) {
    const is = error instanceof Error ? error.message : String(error);
    return { kind: 'refused', why: `Cannot use "${reading}" for TLS: ${is}; expected ${expected}` };
  }
}
