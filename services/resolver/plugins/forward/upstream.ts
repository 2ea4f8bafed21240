/**
 * A server that is asked, and what is known of its health. As in CoreDNS, a query that fails only
 * starts probes; probes decide: one recursive server that is slow with one name is not down.
 *
 *   up ─query fails─► probing ─more than max_fails probes fail─► down ─a probe succeeds─► up
 */
import { type Message, NO_FLAGS, queryMessage } from '../../../../libs/dns/message.ts';
import type {
  Asking,
  ServerClient,
  UpstreamServer,
} from '../../../../libs/upstream/upstream-server.ts';
import { serverText } from '../../../../libs/upstream/upstream-server.ts';
import type { Remembered } from './memory.ts';

export interface HealthCheck {
  readonly intervalMs: number;
  readonly recursionDesired: boolean;
  /** The name whose NS records are asked for. */
  readonly name: string;
  /** Failed probes until it is down; 0: never. */
  readonly failsMax: number;
}

export interface UpstreamDependencies {
  readonly client: ServerClient;
  readonly nowMs: () => number;
  readonly probeVia: 'udp' | 'tcp';
  readonly onProbeFailure: (to: string) => void;
  readonly memory: Remembered;
  /** Nobody needs the memory any more. */
  readonly onStop: () => void;
}

/** A probe that takes longer has failed: CoreDNS's. */
const PROBE_TIMEOUT_MS = 1000;

export class Upstream {
  /** `192.0.2.1:53`. */
  readonly text: string;
  readonly server: UpstreamServer;
  /** The same for the same server, however it was named. */
  readonly key: string;
  readonly #check: HealthCheck;
  readonly #dependencies: UpstreamDependencies;
  #isProbing = false;
  #isStopped = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(server: UpstreamServer, check: HealthCheck, dependencies: UpstreamDependencies) {
    this.server = server;
    this.text = serverText(server);
    this.key = JSON.stringify(Object.entries(server).sort());
    this.#check = check;
    this.#dependencies = dependencies;
  }

  get isDown(): boolean {
    const { failsMax } = this.#check;
    if (failsMax === 0 || this.#dependencies.memory.fails <= failsMax) return false;
    // Another directive may have found that out, and be gone.
    this.failed();
    return true;
  }

  /** Rejects with ExchangeFailure. */
  ask(query: Message, asking: Asking): Promise<Message> {
    return this.#dependencies.client.ask(query, asking);
  }

  /** A query succeeded: whatever probes said before is over. */
  succeeded(): void {
    this.#dependencies.memory.fails = 0;
  }

  /** A query failed: probes find out whether it is the server. */
  failed(): void {
    if (this.#isProbing || this.#isStopped || this.#check.failsMax === 0) return;
    this.#isProbing = true;
    this.#probe();
  }

  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#dependencies.client.close();
    this.#dependencies.onStop();
  }

  #probe(): void {
    const { nowMs, probeVia, onProbeFailure, memory } = this.#dependencies;
    const asking = {
      via: probeVia,
      dialTimeoutMs: PROBE_TIMEOUT_MS,
      readTimeoutMs: PROBE_TIMEOUT_MS,
      endMs: nowMs() + PROBE_TIMEOUT_MS,
    };
    this.ask(this.#probeQuery(), asking).then(
      () => {
        memory.fails = 0;
        this.#isProbing = false;
      },
      () => {
        if (this.#isStopped) return;
        memory.fails++;
        onProbeFailure(this.text);
        this.#timer = setTimeout(() => this.#probe(), this.#check.intervalMs).unref();
      },
    );
  }

  #probeQuery(): Message {
    const { name, recursionDesired } = this.#check;
    return queryMessage(name, 'NS', { flags: { ...NO_FLAGS, recursionDesired } });
  }
}
