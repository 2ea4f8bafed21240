/**
 * A counter whose series are found once and then kept by who counts: prom-client's looks all labels
 * up with each count. It keeps the counts, and gives prom-client what it exposes.
 */
import { type CounterConfiguration, Counter as PromCounter } from 'prom-client';

interface Counted {
  readonly labels: Readonly<Record<string, string>>;
  value: number;
}

export class SeriesCounter extends PromCounter<string> {
  readonly #name: string;
  readonly #help: string;
  readonly #series = new Map<string, Counted>();

  constructor(configuration: CounterConfiguration<string>) {
    super(configuration);
    this.#name = configuration.name;
    this.#help = configuration.help;
  }

  /** `key`: the same for the same labels. It is exposed from now on. */
  series(key: string, labels: Readonly<Record<string, string>>): Counted {
    const known = this.#series.get(key) ?? { labels, value: 0 };
    this.#series.set(key, known);
    return known;
  }

  /** What prom-client calls for the text. */
  async getForPromString() {
    const values = [...this.#series.values()];
    return { name: this.#name, help: this.#help, type: 'counter', aggregator: 'sum', values };
  }
}
