/**
 * What a request to the cluster must carry, asked for each: a token or a certificate may have been
 * rotated. The kubeconfig is read again when it changes, and after the server refused.
 */
import { readFileSync, statSync } from 'node:fs';
import type { RequestOptions } from 'node:https';
import type { Access, Cluster, KubernetesAccess, Secret, User } from './access.ts';
import { ApiUnreachable, causeOf } from './api-unreachable.ts';
import { loadAccess } from './load-access.ts';
import type { ProvidedCredentials } from './provided-credentials.ts';

export interface Ticket {
  /** URL without a slash at its end. */
  readonly server: string;
  readonly proxyUrl: string | undefined;
  /** TLS options and headers. */
  readonly options: RequestOptions;
}

/** An exec plugin may ask a person, or hang. */
const TICKET_MS = 30_000;
/** A server that refuses for good must not make us run an exec plugin for each of its refusals. */
const DOUBT_EVERY_MS = 10_000;

const EXPECTED: Readonly<Record<KubernetesAccess['kind'], string>> = {
  kubeconfig: 'those of the kubeconfig',
  'in-cluster': 'the files of the service account',
  endpoint: 'the files of tls',
};

export class Credentials {
  readonly #access: KubernetesAccess;
  #loaded: ReturnType<typeof loadAccess> | undefined;
  #provided: ProvidedCredentials | undefined;
  #stamp = '';
  #doubtedAt = Number.NEGATIVE_INFINITY;
  /** Six reflectors that ask at once run an exec plugin once. */
  #taking: Promise<Ticket> | undefined;

  constructor(access: KubernetesAccess) {
    this.#access = access;
  }

  /** Throws ApiUnreachable. */
  take(): Promise<Ticket> {
    this.#taking ??= this.#take().finally(() => {
      this.#taking = undefined;
    });
    return this.#taking;
  }

  /** The server did not accept them. */
  doubt(): void {
    if (performance.now() - this.#doubtedAt < DOUBT_EVERY_MS) return;
    this.#doubtedAt = performance.now();
    this.#loaded = undefined;
  }

  async #take(): Promise<Ticket> {
    const stamp = this.#access.kind === 'kubeconfig' ? stampOf(this.#access.file) : '';
    if (this.#loaded?.kind !== 'access' || stamp !== this.#stamp) {
      this.#loaded = loadAccess(this.#access);
      this.#provided = undefined;
      this.#stamp = stamp;
    }
    if (this.#loaded.kind === 'refused') throw new ApiUnreachable(this.#loaded.why);
    const { server, proxyUrl } = this.#loaded.cluster;
    try {
      const options = await within(TICKET_MS, this.#optionsOf(this.#loaded));
      return { server, proxyUrl, options };
    } catch (error) {
      const what = `Cannot get credentials for the API server "${server}"`;
      throw new ApiUnreachable(
        `${what}: ${causeOf(error)}; expected ${EXPECTED[this.#access.kind]}`,
      );
    }
  }

  async #optionsOf({ cluster, user }: Access): Promise<RequestOptions> {
    if (user.kind === 'own') return { ...tlsOf(cluster), ...ownCredentials(user) };
    if (this.#provided === undefined) {
      const { ProvidedCredentials } = await import('./provided-credentials.ts');
      this.#provided = new ProvidedCredentials(user.file, user.context);
    }
    return this.#provided.take();
  }
}

function tlsOf({ ca, isTlsVerified, tlsServerName }: Cluster): RequestOptions {
  return {
    ca: textOf(ca),
    ...(isTlsVerified ? {} : { rejectUnauthorized: false }),
    ...(tlsServerName === undefined ? {} : { servername: tlsServerName }),
  };
}

/** A token goes before a name and password, as for kubectl. */
function ownCredentials(user: Extract<User, { kind: 'own' }>): RequestOptions {
  const { username, password = '', impersonated } = user;
  const token = textOf(user.token)?.trim();
  const headers: Record<string, string> = {};
  if (token) headers.authorization = `Bearer ${token}`;
  if (impersonated !== undefined) headers['impersonate-user'] = impersonated;
  return {
    headers,
    cert: textOf(user.certificate),
    key: textOf(user.key),
    ...(username === undefined || token ? {} : { auth: `${username}:${password}` }),
  };
}

function textOf(secret: Secret): string | undefined {
  return secret?.kind === 'file' ? readFileSync(secret.file, 'utf8') : secret?.text;
}

function stampOf(file: string): string {
  try {
    const { ino, mtimeMs, size } = statSync(file);
    return `${ino}:${mtimeMs}:${size}`;
  } catch {
    return ''; // loading it will say why
  }
}

async function within<T>(timeMs: number, promise: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Error(`they took more than ${timeMs} ms`)),
    timeMs,
  );
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
