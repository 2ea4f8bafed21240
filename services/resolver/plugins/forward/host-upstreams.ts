/**
 * Upstreams whose addresses a name has. The name is looked up when the listeners open, and again
 * until there is an address, and when none of them answers any more. Nothing waits for it but the
 * queries that need it.
 */
import type { Log } from '../../../../libs/telemetry/log.ts';
import { type LookUp, messageOf } from './host-addresses.ts';
import type { Upstream } from './upstream.ts';

export interface HostDependencies {
  readonly lookUp: LookUp;
  readonly create: (address: string) => Upstream;
  readonly log: Log;
  readonly nowMs: () => number;
}

/** Addresses of one host: more is a mistake, or an attack. CoreDNS takes as many as there are. */
const ADDRESSES_MAX = 15;
/** Until a name is looked up again that gave nothing: doubled each time. */
const RETRY_MS_MIN = 1000;
const RETRY_MS_MAX = 30_000;
/** Until it is looked up again though its addresses are known. */
const AGAIN_MS = 5000;

export class HostUpstreams {
  upstreams: readonly Upstream[] = [];
  readonly host: string;
  readonly #dependencies: HostDependencies;
  #attempt: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #retryMs = RETRY_MS_MIN;
  #lastMs = Number.NEGATIVE_INFINITY;
  #told: string | undefined;
  #isStopped = false;

  constructor(host: string, dependencies: HostDependencies) {
    this.host = host;
    this.#dependencies = dependencies;
  }

  /** Resolves when an attempt has ended, well or not: the one under way, or a new one. */
  lookUp(): Promise<void> {
    if (this.#isStopped) return Promise.resolve();
    clearTimeout(this.#timer);
    this.#attempt ??= this.#lookUp().finally(() => {
      this.#attempt = undefined;
    });
    return this.#attempt;
  }

  /** Well or not. */
  get wasLookedUp(): boolean {
    return this.#lastMs !== Number.NEGATIVE_INFINITY;
  }

  /** The attempt that is under way, or the first; after one that failed the next has its time. */
  get attempt(): Promise<void> | undefined {
    return this.wasLookedUp ? this.#attempt : this.lookUp();
  }

  /** All that are known are down: perhaps there are others now. */
  lookUpAgain(): void {
    if (this.#dependencies.nowMs() - this.#lastMs >= AGAIN_MS) void this.lookUp();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    for (const upstream of this.upstreams) upstream.stop();
  }

  async #lookUp(): Promise<void> {
    const { lookUp, nowMs, log } = this.#dependencies;
    let addresses: readonly string[] = [];
    let why = 'there is no address';
    try {
      addresses = [...new Set(await lookUp(this.host))].slice(0, ADDRESSES_MAX);
    } catch (error) {
      why = messageOf(error);
    }
    this.#lastMs = nowMs();
    if (this.#isStopped) return;
    if (addresses.length > 0) {
      this.#use(addresses);
      this.#retryMs = RETRY_MS_MIN;
      this.#told = undefined;
      return;
    }
    if (this.#told !== why) log.warning(`plugin/forward: no address of ${this.host}: ${why}`);
    this.#told = why;
    this.#timer = setTimeout(() => void this.lookUp(), this.#retryMs).unref();
    this.#retryMs = Math.min(2 * this.#retryMs, RETRY_MS_MAX);
  }

  /** What is asked already goes on. */
  #use(addresses: readonly string[]): void {
    const before = this.upstreams;
    this.upstreams = addresses.map(
      (address) =>
        before.find(({ server }) => server.address === address) ??
        this.#dependencies.create(address),
    );
    for (const upstream of before) if (!this.upstreams.includes(upstream)) upstream.stop();
  }
}
