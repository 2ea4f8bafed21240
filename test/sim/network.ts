/**
 * What lies between processes and servers: requests and answers that are late, overtake each other
 * or are lost, streams that keep their order until they are cut.
 *
 *   ask ─► late ─► served ─► late ─► answered        lost, or cut, on either way: no answer in time
 *   stream: items in order, up to the cut and none after it; then a new connection says so
 */
import type { Machine } from './machine.ts';
import type { Seeded } from './seeded.ts';
import type { Timeline } from './timeline.ts';

/** No answer, or a connection that is no more. */
export class Lost extends Error {
  override readonly name = 'Lost';
}

/** How bad it is, now. Chances are of each way of each request. */
export interface Weather {
  lost: number;
  slow: number;
}

/** How late something is in good weather, in ms. */
const LATENCY_MS = [0.1, 5] as const;
/** And when it is slow: more than any patience, at worst. */
const SLOW_MS = [50, 8000] as const;
/** Until a client has a connection again that can be had. */
const RECONNECT_MS = [50, 600] as const;
/** Until a client finds out that its connection is dead, where nobody tells it. */
const NOTICE_MS = [2000, 6000] as const;

export class Network {
  readonly timeline: Timeline;
  readonly weather: Weather = { lost: 0, slow: 0 };
  readonly #chance: Seeded;

  constructor(timeline: Timeline, chance: Seeded) {
    this.timeline = timeline;
    this.#chance = chance;
  }

  latencyMs(): number {
    const [least, most] = this.#chance.chance(this.weather.slow) ? SLOW_MS : LATENCY_MS;
    return this.#chance.between(least, most);
  }

  /** Streams are slow less often, but hold up all that is behind. */
  streamLatencyMs(): number {
    return this.#chance.chance(0.5) ? this.latencyMs() : this.#chance.between(...LATENCY_MS);
  }

  reconnectMs(): number {
    return this.#chance.between(...RECONNECT_MS);
  }

  noticeMs(): number {
    return this.isRefused() ? this.latencyMs() : this.#chance.between(...NOTICE_MS);
  }

  isLost(): boolean {
    return this.#chance.chance(this.weather.lost);
  }

  /** Whether what is cut off says so, or is silent. */
  isRefused(): boolean {
    return this.#chance.chance(0.5);
  }
}

/** Something that processes talk to. */
export class Server {
  readonly name: string;
  readonly links = new Set<Link>();
  #isUp = true;

  constructor(name: string) {
    this.name = name;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  stop(): void {
    this.#isUp = false;
    for (const link of this.links) link.broken();
  }

  start(): void {
    if (this.#isUp) return;
    this.#isUp = true;
    for (const link of this.links) link.mended();
  }
}

/** The way from one host to one server: outlives the processes on the host. */
export class Link {
  readonly network: Network;
  readonly server: Server;
  #isCut = false;
  /** Connections that there were. */
  #generation = 0;
  readonly #wires = new Set<Wire>();

  constructor(network: Network, server: Server) {
    this.network = network;
    this.server = server;
    server.links.add(this);
  }

  get isOpen(): boolean {
    return !this.#isCut && this.server.isUp;
  }

  get generation(): number {
    return this.#generation;
  }

  connect(machine: Machine): Wire {
    const wire = new Wire(this, machine);
    for (const other of this.#wires) if (other.machine.hasCrashed) this.#wires.delete(other);
    this.#wires.add(wire);
    return wire;
  }

  cut(): void {
    this.#isCut = true;
    this.broken();
  }

  heal(): void {
    if (!this.#isCut) return;
    this.#isCut = false;
    this.mended();
  }

  broken(): void {
    this.#generation++;
    for (const wire of this.#wires) wire.noticeBroken();
  }

  mended(): void {
    for (const wire of this.#wires) wire.reconnect();
  }
}

/** What one process has of a link. */
export class Wire {
  readonly machine: Machine;
  readonly #link: Link;
  readonly #streams = new Set<{ readonly generation: number; readonly fail: () => void }>();
  readonly #listeners = new Set<(isConnected: boolean) => void>();

  constructor(link: Link, machine: Machine) {
    this.#link = link;
    this.machine = machine;
  }

  get isOpen(): boolean {
    return this.#link.isOpen;
  }

  /** Which connection it is: a number that grows. */
  get connection(): number {
    return this.#link.generation;
  }

  /** Rejects with Lost, or with what serving throws. */
  ask<T>(what: string, timeoutMs: number, serve: () => T): Promise<T> {
    const { network } = this.#link;
    const text = `${this.machine.name} → ${this.#link.server.name}: ${what}`;
    const { generation } = this.#link;
    return new Promise((resolve, reject) => {
      if (this.machine.hasCrashed) return;
      const lose = (why: string) => reject(new Lost(`${text}: ${why}`));
      const late = this.machine.clock.after(timeoutMs, () => lose('no answer in time'));
      const answer = (act: () => void) =>
        network.timeline.after(network.latencyMs(), `${text}, answered`, () => {
          if (!this.isOpen) return;
          this.machine.arrive(() => {
            late.cancel();
            act();
          });
        });
      network.timeline.after(network.latencyMs(), text, () => {
        if (!this.isOpen) {
          if (network.isRefused()) this.machine.arrive(() => lose('refused'));
          return;
        }
        // What was on its way when the connection broke, is not on the next one.
        if (network.isLost() || generation !== this.#link.generation) return;
        const served = serveOrFail(serve);
        if (network.isLost()) return;
        answer(() => (served.kind === 'served' ? resolve(served.value) : reject(served.error)));
      });
    });
  }

  /** Nobody answers, and nobody knows whether it arrived. */
  tell(what: string, serve: () => void): void {
    const { network } = this.#link;
    if (this.machine.hasCrashed) return;
    const text = `${this.machine.name} → ${this.#link.server.name}: ${what}`;
    network.timeline.after(network.latencyMs(), text, () => {
      if (this.isOpen && !network.isLost()) serve();
    });
  }

  /** Arrives as long as the connection is there. */
  insist(what: string, serve: () => void): void {
    const { network, generation } = this.#link;
    const text = `${this.machine.name} → ${this.#link.server.name}: ${what}`;
    network.timeline.after(network.latencyMs(), text, () => {
      if (this.isOpen && generation === this.#link.generation) serve();
    });
  }

  /** Calls back when the client finds out that it has a connection, or has none. */
  onChange(listener: (isConnected: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  noticeBroken(): void {
    const { network } = this.#link;
    if (this.#listeners.size === 0 || this.machine.hasCrashed) return;
    const { generation } = this.#link;
    network.timeline.after(network.noticeMs(), `${this.machine.name} has no connection`, () => {
      if (this.isOpen || generation !== this.#link.generation) return;
      this.machine.arrive(() => this.#listeners.forEach((listener) => void listener(false)));
    });
  }

  /** What the server pushes, from its side. `fail`: the client knows that no more will come. */
  stream<T>(what: string, take: (item: T) => void, fail: () => void): Stream<T> {
    const { network } = this.#link;
    const { generation } = this.#link;
    const text = `${this.#link.server.name} → ${this.machine.name}: ${what}`;
    const known = { generation, fail };
    this.#streams.add(known);
    let lastMs = network.timeline.nowMs;
    const inOrder = (label: string, act: () => void) => {
      const atMs = Math.max(lastMs, network.timeline.nowMs + network.streamLatencyMs());
      lastMs = atMs;
      network.timeline.after(atMs - network.timeline.nowMs, label, () => {
        if (this.#link.generation === generation) this.machine.arrive(act);
      });
    };
    return {
      isOpen: () => this.#link.generation === generation && !this.machine.hasCrashed,
      send: (item) => inOrder(text, () => this.#streams.has(known) && take(item)),
      end: () => inOrder(`${text} ends`, fail),
      forget: () => this.#streams.delete(known),
    };
  }

  /** The client has a new connection some time after it can. */
  reconnect(): void {
    const { network } = this.#link;
    const text = `${this.machine.name} reconnects to ${this.#link.server.name}`;
    network.timeline.after(network.reconnectMs(), text, () => {
      if (!this.isOpen) return;
      for (const stream of this.#streams) {
        if (stream.generation === this.#link.generation) continue;
        this.#streams.delete(stream);
        this.machine.arrive(stream.fail);
      }
      this.machine.arrive(() => this.#listeners.forEach((listener) => void listener(true)));
    });
  }
}

export interface Stream<T> {
  isOpen(): boolean;
  send(item: T): void;
  /** The server ends it. */
  end(): void;
  /** The client wants no more. */
  forget(): void;
}

type Served<T> =
  | { readonly kind: 'served'; readonly value: T }
  | { readonly kind: 'failed'; readonly error: unknown };

function serveOrFail<T>(serve: () => T): Served<T> {
  try {
    return { kind: 'served', value: serve() };
  } catch (error) {
    return { kind: 'failed', error };
  }
}
