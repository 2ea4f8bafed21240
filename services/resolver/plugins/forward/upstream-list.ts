/** The upstreams of one directive, in the order in which it names them. */
import type { HostUpstreams } from './host-upstreams.ts';
import type { Upstream } from './upstream.ts';

export class UpstreamList {
  readonly #parts: readonly (Upstream | HostUpstreams)[];

  constructor(parts: readonly (Upstream | HostUpstreams)[]) {
    this.#parts = parts;
  }

  /** As the directive, or the file that it names, has them: a host by its name. */
  get named(): readonly string[] {
    return this.#parts.map((part) => ('upstreams' in part ? part.host : part.key));
  }

  /** Each once: the first counts. */
  get known(): readonly Upstream[] {
    const all = this.#parts.flatMap((part) => ('upstreams' in part ? part.upstreams : [part]));
    if (this.#hosts.length === 0) return all;
    const keys = new Set<string>();
    return all.filter(({ key }) => !keys.has(key) && keys.add(key));
  }

  get #hosts(): readonly HostUpstreams[] {
    return this.#parts.filter((part) => 'upstreams' in part);
  }

  /**
   * Those that are known; a host none of whose addresses answers is looked up again. When there are
   * none, waits for that, but no longer than so.
   */
  async some(timeoutMs: number): Promise<readonly Upstream[]> {
    for (const host of this.#hosts) {
      const { upstreams } = host;
      if (upstreams.length > 0 && upstreams.every(({ isDown }) => isDown)) host.lookUpAgain();
    }
    const { known } = this;
    if (known.length > 0) return known;
    const timeout = Promise.withResolvers<void>();
    const timer = setTimeout(timeout.resolve, timeoutMs);
    const attempts = this.#hosts.map(async (host) => {
      await host.attempt;
      // Another host may have an address still.
      if (host.upstreams.length === 0) throw new Error(host.host);
    });
    await Promise.race([Promise.any(attempts).catch(() => {}), timeout.promise]);
    clearTimeout(timer);
    return this.known;
  }

  start(): void {
    for (const host of this.#hosts) void host.lookUp();
  }

  /** Hosts without an address. */
  get unknown(): readonly string[] {
    return this.#hosts.filter(({ upstreams }) => upstreams.length === 0).map(({ host }) => host);
  }

  /** Of these, those that were not looked up once. */
  get awaited(): readonly string[] {
    return this.#hosts.filter(({ wasLookedUp }) => !wasLookedUp).map(({ host }) => host);
  }

  stop(): void {
    for (const part of this.#parts) part.stop();
  }
}
