/**
 * The files of TLS to clients of ours: who we are, and whose clients' certificates we trust. They
 * are renewed under a running process:
 *
 *   look ─ a file is another ─► read ─┬─ it can be used ─► connections from now on have it
 *                                     └─ it can't ─► told, and what was read before goes on
 */
import { X509Certificate } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { readFiles, type TlsTexts } from './tls-files.ts';

export interface ServerFiles {
  readonly cert: string;
  readonly key: string;
  /** Of those who give certificates to clients. */
  readonly ca?: string | undefined;
}

export interface ServerKeysHearer {
  readonly info: (text: string) => void;
  readonly warning: (text: string) => void;
}

/** Why they can't be used, in the house sentence; undefined when they can. */
export function whyNoServerKeys(files: ServerFiles): string | undefined {
  const read = readServerFiles(files);
  return read.kind === 'refused' ? read.why : undefined;
}

export class ServerKeys {
  readonly files: ServerFiles;
  readonly #hearer: ServerKeysHearer;
  #now: TlsTexts | undefined;
  #expiry: { readonly cert: string; readonly ms: number } | undefined;
  /** Of the files when they were looked at last. */
  #stamp = '';
  #looking: Promise<void> | undefined;

  constructor(files: ServerFiles, hearer: ServerKeysHearer) {
    this.files = files;
    this.#hearer = hearer;
  }

  /** Another object whenever it says something else. Throws if the files never were right. */
  get now(): TlsTexts {
    if (this.#now === undefined) {
      const read = readServerFiles(this.files);
      if (read.kind === 'refused') throw new Error(read.why);
      this.#now = read.texts;
    }
    return this.#now;
  }

  /** When the certificate expires, in milliseconds since 1970. */
  get expiresMs(): number {
    const { cert = '' } = this.now;
    if (this.#expiry?.cert !== cert) {
      this.#expiry = { cert, ms: Date.parse(new X509Certificate(cert).validTo) };
    }
    return this.#expiry.ms;
  }

  /** Looks whether files changed. Never rejects. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #look(): Promise<void> {
    const stamp = await stampOf(this.files);
    if (stamp === this.#stamp) return;
    this.#stamp = stamp;
    const read = readServerFiles(this.files);
    if (read.kind === 'refused') {
      this.#hearer.warning(`${read.why}; what was read before is used`);
      return;
    }
    const before = this.#now;
    if (before !== undefined && saysTheSame(before, read.texts)) return;
    this.#now = read.texts;
    if (before === undefined) return;
    this.#hearer.info(`"${this.files.cert}" says something else: new connections have it`);
  }
}

function readServerFiles({ cert, key, ca }: ServerFiles): ReturnType<typeof readFiles> {
  return readFiles({ pair: { cert, key }, ...(ca === undefined ? {} : { ca }) });
}

function saysTheSame(one: TlsTexts, other: TlsTexts): boolean {
  return one.cert === other.cert && one.key === other.key && one.ca === other.ca;
}

/** Another one when a file is written, replaced, or reached by a link that leads elsewhere. */
async function stampOf({ cert, key, ca }: ServerFiles): Promise<string> {
  const files = ca === undefined ? [cert, key] : [cert, key, ca];
  const stamps = files.map(async (file) => {
    try {
      const { ino, size, mtimeMs, ctimeMs } = await stat(file);
      return [ino, size, mtimeMs, ctimeMs].join(' ');
    } catch (error) {
      return String(error);
    }
  });
  return (await Promise.all(stamps)).join('\n');
}
