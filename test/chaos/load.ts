/**
 * The changes of one cluster, as the only one who writes there: a service whose address moves all
 * the time, and others that come and go. What it sends, and what is acknowledged, goes into the
 * truth.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { ApiServer } from '../cluster/apiserver.ts';
import { NAMESPACE } from '../e2e/objects.ts';
import {
  addressOf,
  BOTH,
  BOTH_NAME,
  CLUSTERS,
  type ClusterName,
  creation,
  move,
  moving,
  NEVER,
  nameIn,
  PASSING,
  passing,
  removal,
  STABLE,
  stable,
  type Write,
} from './objects-of.ts';
import { ABSENT, type History, type Truth } from './truth.ts';

/** Between two changes. */
const EVERY_MS = 150;
/** Of so many changes, one makes or removes a service. */
const PASSING_EACH = 4;
/** Between two attempts of a write that failed. */
const RETRY_MS = 25;

/** Names that both clusters, or none, decide. */
export function addSharedNames(truth: Truth): void {
  const addresses = CLUSTERS.map((cluster) => addressOf(cluster, 'stable', 1000));
  truth.add(BOTH_NAME, 'stable', 'both', addresses.sort().join(' '));
  for (const cluster of CLUSTERS) {
    for (let i = 0; i < NEVER; i++) {
      // Only whoever knows all clusters can deny a name of the clusterset.
      const of = cluster === 'east' ? 'east' : 'both';
      truth.add(nameIn(cluster, `never-${i}`), 'never', of, ABSENT);
    }
  }
}

export class Load {
  readonly #cluster: ClusterName;
  readonly #api: ApiServer;
  readonly #moving: History;
  readonly #passing: readonly History[];
  readonly #truth: Truth;
  #changes = 0;
  #running: Promise<void> | undefined;
  #stopping = new AbortController();

  constructor(cluster: ClusterName, api: ApiServer, truth: Truth) {
    this.#cluster = cluster;
    this.#api = api;
    this.#truth = truth;
    this.#moving = truth.add(nameIn(cluster, moving(cluster)), 'moving', cluster, this.#address());
    this.#passing = Array.from({ length: PASSING }, (_, i) =>
      truth.add(nameIn(cluster, passing(cluster, i)), 'passing', cluster, ABSENT),
    );
  }

  /** What is there throughout. */
  async fill(): Promise<void> {
    const cluster = this.#cluster;
    await this.#api.installCrds();
    await this.#api.must('POST', '/api/v1/namespaces', NAMESPACE);
    const make = async (service: string, address: string) => {
      for (const write of creation(cluster, service, address)) await this.#write(write);
    };
    const all: [service: string, address: string][] = [
      [BOTH, addressOf(cluster, 'stable', 1000)],
      [moving(cluster), this.#address()],
    ];
    for (let i = 0; i < STABLE; i++) {
      const [service, address] = [stable(cluster, i), addressOf(cluster, 'stable', i + 1)];
      all.push([service, address]);
      this.#truth.add(nameIn(cluster, service), 'stable', cluster, address);
    }
    await Promise.all(all.map(([service, address]) => make(service, address)));
  }

  start(): void {
    this.#stopping = new AbortController();
    this.#running ??= this.#run(this.#stopping.signal);
  }

  /** Resolves when nothing is on its way; what could not be acknowledged stays uncertain. */
  async pause(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    this.#running = undefined;
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#changes++;
      if (this.#changes % PASSING_EACH === 0) await this.#pass(signal);
      else await this.#move(signal);
      await delay(EVERY_MS, undefined, { signal }).catch(() => {});
    }
  }

  async #move(signal: AbortSignal): Promise<void> {
    const address = this.#address();
    await this.#change(this.#moving, address, [move(moving(this.#cluster), address)], signal);
  }

  /** Each in turn is made, and removed. */
  async #pass(signal: AbortSignal): Promise<void> {
    const turn = this.#changes / PASSING_EACH;
    const i = turn % PASSING;
    const history = this.#passing[i];
    if (history === undefined) return;
    const service = passing(this.#cluster, i);
    const isThere = history.now.value !== ABSENT;
    const value = isThere ? ABSENT : this.#address();
    const writes = isThere
      ? removal(this.#cluster, service)
      : creation(this.#cluster, service, value);
    await this.#change(history, value, writes, signal);
  }

  async #change(
    history: History,
    value: string,
    writes: readonly Write[],
    signal: AbortSignal,
  ): Promise<void> {
    history.becomes(value, performance.now());
    for (const write of writes) {
      // Half a change is worse than a late end.
      const isLast = await this.#write(write, signal);
      if (!isLast) return;
    }
    history.became(performance.now());
  }

  /** Until it is acknowledged; false when the signal aborts before. */
  async #write({ method, path, body }: Write, signal?: AbortSignal): Promise<boolean> {
    for (;;) {
      const reply = await this.#api.request(method, path, body).catch(() => undefined);
      const status = reply?.status ?? 0;
      // An attempt before this one may have been it.
      const isDone = { POST: status === 409, PUT: false, DELETE: status === 404 }[method];
      if (isDone || (status >= 200 && status < 300)) return true;
      if (signal?.aborted === true) return false;
      await delay(RETRY_MS);
    }
  }

  #address(): string {
    return addressOf(this.#cluster, 'changing', this.#changes);
  }
}
