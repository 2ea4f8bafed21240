/** An authority of a test's own, and certificates that it gives. Needs openssl. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

export class Authority {
  readonly folder: string;
  readonly name: string;
  readonly #own: Certificate;

  constructor(folder: string, name = 'authority') {
    this.folder = folder;
    this.name = name;
    this.#own = this.#make(name, []);
  }

  /** Whom to trust. */
  get ca(): string {
    return this.#own.cert;
  }

  /** `names`: as OpenSSL writes them, `DNS:nats.example` or `IP:127.0.0.1`. */
  give(name: string, ...names: readonly string[]): Certificate {
    const { cert, key } = this.#own;
    const alternative = ['-addext', `subjectAltName=${names.join() || `DNS:${name}`}`];
    return this.#make(name, ['-CA', cert, '-CAkey', key, ...alternative]);
  }

  #make(name: string, more: readonly string[]): Certificate {
    const cert = join(this.folder, `${name}.crt`);
    const key = join(this.folder, `${name}.key`);
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    const output = ['-subj', `/CN=${name}`, '-days', '2', '-out', cert, '-keyout', key];
    execFileSync('openssl', ['req', '-x509', ...kind, ...output, ...more], { stdio: 'ignore' });
    return { cert, key };
  }
}
