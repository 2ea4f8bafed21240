/**
 * A histogram that can be added to in whole: observations that others counted in cells of the same
 * bounds. prom-client's takes them one by one only, so this keeps the cells, and gives prom-client
 * what it exposes.
 */
import { type HistogramConfiguration, Histogram as PromHistogram } from 'prom-client';

/** Observations by bucket: one cell for each bound (inclusive), and one for what exceeds them. */
export interface Observations {
  readonly cells: readonly number[];
  readonly sum: number;
}

interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly cells: number[];
  sum: number;
}

export class CellHistogram extends PromHistogram<string> {
  readonly #name: string;
  readonly #help: string;
  readonly #bounds: readonly number[];
  readonly #series = new Map<string, Series>();

  constructor(configuration: HistogramConfiguration<string>) {
    super(configuration);
    this.#name = configuration.name;
    this.#help = configuration.help;
    this.#bounds = configuration.buckets ?? [];
  }

  /** What observes one value. `key`: the same for the same labels. */
  observer(key: string, labels: Readonly<Record<string, string>>): (value: number) => void {
    const series = this.#seriesOf(key, labels);
    return (value) => {
      const above = this.#bounds.findIndex((bound) => value <= bound);
      const cell = above === -1 ? this.#bounds.length : above;
      series.cells[cell] = (series.cells[cell] ?? 0) + 1;
      series.sum += value;
    };
  }

  addAll(key: string, labels: Readonly<Record<string, string>>, { cells, sum }: Observations) {
    const series = this.#seriesOf(key, labels);
    for (const [i, count] of cells.entries()) series.cells[i] = (series.cells[i] ?? 0) + count;
    series.sum += sum;
  }

  /** What prom-client calls for the text, and its `get` for all else. */
  async getForPromString() {
    const values = [...this.#series.values()].flatMap((series) => this.#samplesOf(series));
    return { name: this.#name, help: this.#help, type: 'histogram', aggregator: 'sum', values };
  }

  #samplesOf({ labels, cells, sum }: Series) {
    let count = 0;
    const buckets = cells.map((cell, i) => {
      count += cell;
      const le = i < this.#bounds.length ? String(this.#bounds[i]) : '+Inf';
      return { labels: { ...labels, le }, value: count, metricName: `${this.#name}_bucket` };
    });
    return [
      ...buckets,
      { labels, value: sum, metricName: `${this.#name}_sum` },
      { labels, value: count, metricName: `${this.#name}_count` },
    ];
  }

  #seriesOf(key: string, labels: Readonly<Record<string, string>>): Series {
    const known = this.#series.get(key);
    if (known !== undefined) return known;
    const series = {
      labels,
      cells: Array.from({ length: this.#bounds.length + 1 }, () => 0),
      sum: 0,
    };
    this.#series.set(key, series);
    return series;
  }
}
