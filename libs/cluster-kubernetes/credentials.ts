/**
 * What a request to the cluster must carry, asked of the KubeConfig for each: it knows when a token
 * or a certificate is due. The file is read again when it changes, and after the server refused.
 */
import { statSync } from 'node:fs';
import type { RequestOptions } from 'node:https';
import { ApiUnreachable, causeOf } from './api-unreachable.ts';
import { type KubernetesAccess, loadAccess } from './kubeconfig.ts';

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

export class Credentials {
  readonly #access: KubernetesAccess;
  #loaded: ReturnType<typeof loadAccess> | undefined;
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
      this.#stamp = stamp;
    }
    if (this.#loaded.kind === 'refused') throw new ApiUnreachable(this.#loaded.why);
    const { config, cluster } = this.#loaded;
    const options: RequestOptions = {};
    try {
      await within(TICKET_MS, config.applyToHTTPSOptions(options));
    } catch (error) {
      const what = `Cannot get credentials for the API server "${cluster.server}"`;
      throw new ApiUnreachable(`${what}: ${causeOf(error)}; expected those of the kubeconfig`);
    }
    const { proxyUrl } = cluster;
    return { server: cluster.server.replace(/\/+$/, ''), proxyUrl, options };
  }
}

function stampOf(file: string): string {
  try {
    const { ino, mtimeMs, size } = statSync(file);
    return `${ino}:${mtimeMs}:${size}`;
  } catch {
    return ''; // loading it will say why
  }
}

async function within(timeMs: number, promise: Promise<void>): Promise<void> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Error(`they took more than ${timeMs} ms`)),
    timeMs,
  );
  try {
    await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
