/**
 * A server that is asked, and what is known of its health. As in CoreDNS, a query that fails only
 * starts probes; probes decide: one recursive server that is slow with one name is not down.
 *
 *   up ─query fails─► probing ─more than max_fails probes fail─► down ─a probe succeeds─► up
 */
import type { Message } from '../../../../libs/dns/message.ts';
import { NO_FLAGS } from '../../../../libs/dns/message.ts';
import type { Exchange, ServerAddress } from './exchange.ts';

export interface HealthCheck {
  readonly intervalMs: number;
  readonly recursionDesired: boolean;
  /** The name whose NS records are asked for. */
  readonly name: string;
  /** Failed probes until it is down; 0: never. */
  readonly failsMax: number;
}

export interface UpstreamDependencies {
  readonly exchange: Exchange;
  readonly randomId: () => number;
  readonly probeTransport: 'udp' | 'tcp';
  readonly onProbeFailure: (to: string) => void;
}

/** A probe that takes longer has failed: CoreDNS's. */
const PROBE_TIMEOUT_MS = 1000;

export class Upstream {
  readonly to: ServerAddress;
  readonly #check: HealthCheck;
  readonly #dependencies: UpstreamDependencies;
  #fails = 0;
  #isProbing = false;
  #isStopped = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(to: ServerAddress, check: HealthCheck, dependencies: UpstreamDependencies) {
    this.to = to;
    this.#check = check;
    this.#dependencies = dependencies;
  }

  /** `192.0.2.1:53`. */
  get text(): string {
    const { address, port } = this.to;
    return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
  }

  get isDown(): boolean {
    return this.#check.failsMax > 0 && this.#fails > this.#check.failsMax;
  }

  /** A query succeeded: whatever probes said before is over. */
  succeeded(): void {
    this.#fails = 0;
  }

  /** A query failed: probes find out whether it is the server. */
  failed(): void {
    if (this.#isProbing || this.#isStopped || this.#check.failsMax === 0) return;
    this.#isProbing = true;
    this.#probe();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  #probe(): void {
    const { exchange, probeTransport, onProbeFailure } = this.#dependencies;
    exchange(this.#probeQuery(), this.to, probeTransport, PROBE_TIMEOUT_MS).then(
      () => {
        this.#fails = 0;
        this.#isProbing = false;
      },
      () => {
        this.#fails++;
        onProbeFailure(this.text);
        if (this.#isStopped) return;
        this.#timer = setTimeout(() => this.#probe(), this.#check.intervalMs).unref();
      },
    );
  }

  #probeQuery(): Message {
    const { name, recursionDesired } = this.#check;
    return {
      id: this.#dependencies.randomId(),
      flags: { ...NO_FLAGS, recursionDesired },
      opcode: 0,
      rcode: 0,
      question: { name, type: 'NS', class: 1 },
      answer: [],
      authority: [],
      additional: [],
      edns: undefined,
    };
  }
}
