/**
 * What the program counts, for Prometheus to read. A thin layer over one registry: whoever counts
 * asks for a family by name and gets the same one as everybody who names it, so that server blocks
 * share theirs. What is counted elsewhere (in shared memory, by other threads) is read at scrape.
 */
import { collectDefaultMetrics, Gauge as PromGauge, Registry } from 'prom-client';
import { CellHistogram, type Observations } from './cell-histogram.ts';
import { SeriesCounter } from './series-counter.ts';

/** Values of the labels, in the order in which the family names them. */
export type LabelValues = readonly string[];

export interface Counter {
  add(labels?: LabelValues, by?: number): void;
  /** Adds one to the series of these labels, which is looked up once, and is there from then on. */
  adder(labels: LabelValues): () => void;
  /** Adds at each scrape what `total` has grown by: a count that is kept elsewhere. */
  follow(labels: LabelValues, total: () => number): void;
}

export interface Gauge {
  set(value: number, labels?: LabelValues): void;
  /** Reads the value at each scrape. */
  follow(labels: LabelValues, value: () => number): void;
}

export interface Histogram {
  observe(value: number, labels?: LabelValues): void;
  /** As `adder`. */
  observer(labels: LabelValues): (value: number) => void;
  /** Adds what was observed, and counted in cells of the family's buckets, elsewhere. */
  addAll(observations: Observations, labels?: LabelValues): void;
}

/** Name, and help in one sentence, of a family. */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
}

export interface BucketFamily extends Family {
  readonly buckets: readonly number[];
}

/** What the parts of one registry have in common. */
interface Shared {
  readonly registry: Registry;
  readonly counters: Map<string, SeriesCounter>;
  readonly gauges: Map<string, PromGauge<string>>;
  readonly histograms: Map<string, Histogram>;
  /** What the runtime does, once somebody wants to see that. */
  runtime: Registry | undefined;
  /** In the order in which they began: of two that follow one series, the later is right. */
  readonly parts: Set<Metrics>;
}

export class Metrics {
  readonly #shared: Shared;
  readonly #beforeScrape: (() => void)[] = [];
  /** Takes what gauges follow out again. */
  readonly #atEnd: (() => void)[] = [];

  constructor(of?: Metrics) {
    this.#shared = of === undefined ? newShared() : of.#shared;
    this.#shared.parts.add(this);
  }

  /** The same families, for somebody who ends before the process does: what he follows ends too. */
  part(): Metrics {
    return new Metrics(this);
  }

  /** Counts what was followed for the last time; its gauges are nobody's any more. */
  end(): void {
    for (const read of this.#beforeScrape) read();
    this.#shared.parts.delete(this);
    for (const takeOut of this.#atEnd) takeOut();
  }

  counter(family: Family): Counter {
    const create = () => new SeriesCounter(this.#options(family));
    const counter = once(this.#shared.counters, family.name, create);
    const names = family.labels ?? [];
    const seriesOf = (labels: LabelValues) =>
      counter.series(keyOf(labels), labelled(names, labels));
    const add = (labels: LabelValues = [], by = 1) => {
      seriesOf(labels).value += by;
    };
    // As prom-client has it: what has no labels is there before it is counted.
    if (names.length === 0) add([], 0);
    return {
      add,
      adder: (labels) => {
        const series = onFirstUse(() => seriesOf(labels));
        return () => {
          series().value++;
        };
      },
      follow: (labels, total) => {
        let seen = 0;
        this.#beforeScrape.push(() => {
          const now = total();
          // A count that begins again, after a restart of who keeps it, adds all of itself.
          add(labels, now >= seen ? now - seen : now);
          seen = now;
        });
      },
    };
  }

  gauge(family: Family): Gauge {
    const create = () => new PromGauge(this.#options(family));
    const gauge = once(this.#shared.gauges, family.name, create);
    const names = family.labels ?? [];
    const set = (value: number, labels: LabelValues = []) =>
      gauge.set(labelled(names, labels), value);
    return {
      set,
      follow: (labels, value) => {
        this.#beforeScrape.push(() => set(value(), labels));
        this.#atEnd.push(() => gauge.remove(labelled(names, labels)));
      },
    };
  }

  histogram(family: BucketFamily): Histogram {
    return once(this.#shared.histograms, family.name, () => {
      const options = { ...this.#options(family), buckets: [...family.buckets] };
      const histogram = new CellHistogram(options);
      const names = family.labels ?? [];
      const observerOf = (labels: LabelValues) =>
        histogram.observer(keyOf(labels), labelled(names, labels));
      return {
        observe: (value, labels = []) => observerOf(labels)(value),
        observer: (labels) => {
          const observe = onFirstUse(() => observerOf(labels));
          return (value) => observe()(value);
        },
        addAll: (observations, labels = []) =>
          histogram.addAll(keyOf(labels), labelled(names, labels), observations),
      };
    });
  }

  /** Calls `read` at each scrape, to add what was counted elsewhere to several families at once. */
  beforeScrape(read: () => void): void {
    this.#beforeScrape.push(read);
  }

  /**
   * From now on, for all: also what the runtime does. The event loop, the heap and its collection,
   * each measured all the time.
   */
  showRuntime(): void {
    this.#shared.runtime ??= runtimeRegistry();
  }

  /** All families in Prometheus' text format. */
  async text(): Promise<string> {
    const { parts, registry, runtime } = this.#shared;
    for (const part of parts) for (const read of part.#beforeScrape) read();
    const text = await registry.metrics();
    return runtime === undefined ? text : `${text}\n${await runtime.metrics()}`;
  }

  /** The media type of `text`. */
  get contentType(): string {
    return this.#shared.registry.contentType;
  }

  #options({ name, help, labels = [] }: Family) {
    return { name, help, labelNames: [...labels], registers: [this.#shared.registry] };
  }
}

function newShared(): Shared {
  return {
    registry: new Registry(),
    runtime: undefined,
    counters: new Map(),
    gauges: new Map(),
    histograms: new Map(),
    parts: new Set(),
  };
}

/** Of the process as such others tell. */
function runtimeRegistry(): Registry {
  const register = new Registry();
  collectDefaultMetrics({ register });
  for (const { name } of register.getMetricsAsArray()) {
    if (name.startsWith('process_')) register.removeSingleMetric(name);
  }
  return register;
}

/** The same for the same labels. */
function keyOf(labels: LabelValues): string {
  return JSON.stringify(labels);
}

function onFirstUse<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** The one of this name; made where there is none yet. */
export function once<T>(all: Map<string, T>, name: string, create: () => T): T {
  const known = all.get(name);
  if (known !== undefined) return known;
  const made = create();
  all.set(name, made);
  return made;
}

function labelled(names: readonly string[], values: LabelValues): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const [i, name] of names.entries()) labels[name] = values[i] ?? '';
  return labels;
}
