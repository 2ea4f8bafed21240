/**
 * Under which labels readers count an answer: a small number, given out here, stands in each record
 * of the table, and the reader that answers with it counts in that row. The scrape (table-metrics)
 * gives the row its labels back.
 *
 *   federation, cache ─► numberOf(server, zone, plugin) ─► record ─► reader's row ─► scrape
 */
import { GROUPS_MAX } from '../../libs/table/layout.ts';
import type { Log } from '../../libs/telemetry/log.ts';

/** The labels of CoreDNS's families; `view` is always empty, since server blocks have none yet. */
export interface QueryGroup {
  /** Of the listener: `dns://:53`. */
  readonly server: string;
  /** Of the server block that the question belongs to, not of what answers in it. */
  readonly zone: string;
  /** Who made the answer. */
  readonly plugin: string;
}

/** Shared by all for which there was no number left. */
const OTHER_GROUP = GROUPS_MAX - 1;
const OTHER: QueryGroup = { server: 'other', zone: 'other', plugin: 'other' };

export class QueryGroups {
  readonly #log: Log;
  readonly #numbers = new Map<string, number>();
  readonly #groups: QueryGroup[] = [];
  #isFull = false;

  constructor(log: Log) {
    this.#log = log;
  }

  /**
   * The number of these labels, the same for the same ones. When all are given out, the last, which
   * is shared; a warning says so.
   */
  numberOf({ server, zone, plugin }: QueryGroup): number {
    const key = JSON.stringify([server, zone, plugin]);
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    if (this.#groups.length === OTHER_GROUP) return this.#other();
    const number = this.#groups.length;
    this.#groups.push({ server, zone, plugin });
    this.#numbers.set(key, number);
    return number;
  }

  /** By number. */
  get all(): readonly QueryGroup[] {
    if (!this.#isFull) return this.#groups;
    return [...this.#groups, OTHER];
  }

  #other(): number {
    if (!this.#isFull) {
      this.#log.warning(
        `metrics: more than ${OTHER_GROUP} combinations of server, zone and plugin answer from ` +
          'the table; the others are counted together, each label "other"',
      );
    }
    this.#isFull = true;
    return OTHER_GROUP;
  }
}
