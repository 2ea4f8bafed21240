/**
 * Asks for the own health page each second: a process that is slow to answer itself has more to do
 * than it can.
 */
import type { ListenAddress } from '../../../../libs/corefile/listen-address.ts';
import { listenAddressText } from '../../../../libs/corefile/listen-address.ts';
import type { Log } from '../../../../libs/telemetry/log.ts';
import type { Metrics } from '../../../../libs/telemetry/metrics.ts';

// Imported, it would bring all that it only names: fetch and WebSocket, 60 ms and 12 MiB.
const { get } = process.getBuiltinModule('node:http');

export interface SelfProbeDependencies {
  readonly log: Log;
  readonly metrics: Metrics;
  /** Milliseconds of a monotonic clock. */
  readonly nowMs: () => number;
  /** Calls again and again, until what it gives is called. */
  readonly every: (ms: number, work: () => Promise<void>) => () => void;
}

/** CoreDNS's. */
const EVERY_MS = 1000;
const TIMEOUT_MS = 3000;
const SLOW_MS = 1000;
const BUCKETS_SECONDS = [0.00025, 0.0025, 0.025, 0.25, 2.5];

export class SelfProbe {
  readonly #address: ListenAddress;
  readonly #dependencies: SelfProbeDependencies;
  readonly #durations;
  readonly #failures;
  #stop = () => {};

  constructor(address: ListenAddress, dependencies: SelfProbeDependencies) {
    this.#address = address;
    this.#dependencies = dependencies;
    const { metrics } = dependencies;
    this.#durations = metrics.histogram({
      name: 'coredns_health_request_duration_seconds',
      help: 'How long the process took to answer itself.',
      buckets: BUCKETS_SECONDS,
    });
    this.#failures = metrics.counter({
      name: 'coredns_health_request_failures_total',
      help: 'How often the process did not answer itself.',
    });
    this.#failures.add([], 0);
  }

  start(): void {
    this.#stop = this.#dependencies.every(EVERY_MS, () => this.#ask());
  }

  stop(): void {
    this.#stop();
  }

  async #ask(): Promise<void> {
    const { log, nowMs } = this.#dependencies;
    const startedMs = nowMs();
    const where = `plugin/health: the request to ${listenAddressText(this.#address)}/health`;
    try {
      await page(this.#address);
      const tookMs = nowMs() - startedMs;
      if (tookMs > SLOW_MS) log.warning(`${where} took ${Math.round(tookMs)} ms`);
    } catch (error) {
      this.#failures.add();
      log.warning(`${where} failed: ${error instanceof Error ? error.message : String(error)}`);
    }
    this.#durations.observe((nowMs() - startedMs) / 1000);
  }
}

/** Where it listens on all addresses, one of them is asked. */
function page({ host, port }: ListenAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    const options = { host: host || '127.0.0.1', port, path: '/health', agent: false };
    const request = get({ ...options, timeout: TIMEOUT_MS }, (response) => {
      response.on('end', resolve);
      response.on('error', reject);
      response.resume();
    });
    request.on('timeout', () => request.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)));
    request.on('error', reject);
  });
}
