/**
 * What changed in one zone, from serial to serial, as far back as there is room.
 *
 *   serial 7 ─ step ─► 8 (and 9, 10: nothing changed) ─ step ─► 11
 *
 * Serials between which nothing changed are one state. A serial that was never sealed here is
 * unknown, even between two that were: who has it may have seen what came and went in between.
 */
import { formatRecord } from '../dns/presentation.ts';
import type { RR } from '../dns/rrset.ts';
import { isLater, serialOf, withSerial } from './serial.ts';
import type { ZoneDifference } from './zone-source.ts';

export interface HistoryLimits {
  /** A step a second lasts for more than two hours: the refresh of our SOAs. */
  readonly stepsMax: number;
  /** Records in all steps, some 200 octets each. Much more than a zone is cheaper sent whole. */
  readonly recordsMax: number;
  /** Serials whose state is known, some 50 octets each. */
  readonly serialsMax: number;
}

export const HISTORY_LIMITS: HistoryLimits = {
  stepsMax: 10_000,
  recordsMax: 100_000,
  serialsMax: 16_384,
};

/** Records that left and came between two states of a zone. */
export interface Changes {
  readonly removed: readonly RR[];
  readonly added: readonly RR[];
}

interface Step extends Changes {
  /** Of the state before. */
  readonly soa: RR;
}

export class ZoneHistory {
  readonly #limits: HistoryLimits;
  #soa: RR | undefined;
  /** From the oldest state that is remembered to now. */
  #steps: Step[] = [];
  #records = 0;
  /** The number of the state now, counted from the start. */
  #state = 0;
  /** Serial → its state, oldest first. */
  readonly #states = new Map<number, number>();

  constructor(limits: HistoryLimits) {
    this.#limits = limits;
  }

  /** Of the state now. */
  get soa(): RR | undefined {
    return this.#soa;
  }

  /** The next serial, and what changed since the one before. */
  seal(soa: RR, changes: Changes): void {
    const before = this.#soa;
    this.#soa = soa;
    if (before !== undefined) this.#step(before, soa, changes);
    const serial = serialOf(soa);
    this.#states.delete(serial);
    this.#states.set(serial, this.#state);
    for (const [oldest] of this.#states) {
      if (this.#states.size <= this.#limits.serialsMax) break;
      this.#states.delete(oldest);
    }
  }

  /** All changes since, as one; undefined when that serial is not remembered. */
  since(serial: number): readonly ZoneDifference[] | undefined {
    const state = this.#states.get(serial);
    if (state === undefined || this.#soa === undefined) return undefined;
    if (serial === serialOf(this.#soa)) return [];
    const from = this.#steps.length - (this.#state - state);
    if (from < 0) return undefined;
    const steps = this.#steps.slice(from);
    const soa = withSerial(steps[0]?.soa ?? this.#soa, serial);
    return [{ from: soa, to: this.#soa, ...condensed(steps) }];
  }

  #step(before: RR, after: RR, { removed, added }: Changes): void {
    if (!isLater(serialOf(after), serialOf(before))) {
      // Clients that have a later serial than ours can't be told what to do.
      this.#states.clear();
      this.#steps = [];
      this.#records = 0;
      this.#state++;
      return;
    }
    const isSame = withSerial(before, serialOf(after)).rdata === after.rdata;
    const records = removed.length + added.length;
    if (records === 0 && isSame && before.ttl === after.ttl) return;
    this.#steps.push({ soa: before, removed, added });
    this.#state++;
    this.#records += records;
    let forgotten = 0;
    while (
      this.#steps.length - forgotten > this.#limits.stepsMax ||
      this.#records > this.#limits.recordsMax
    ) {
      const oldest = this.#steps[forgotten++];
      if (oldest === undefined) break;
      this.#records -= oldest.removed.length + oldest.added.length;
    }
    if (forgotten > 0) this.#steps.splice(0, forgotten);
  }
}

interface Net {
  readonly record: RR;
  readonly wasThere: boolean;
  isThere: boolean;
}

/** Several steps as one (RFC 1995 § 4): what came and went again is not told. */
function condensed(steps: readonly Changes[]): Changes {
  const nets = new Map<string, Net>();
  const change = (record: RR, isThere: boolean) => {
    const key = formatRecord(record);
    const net = nets.get(key);
    if (net === undefined) nets.set(key, { record, wasThere: !isThere, isThere });
    else net.isThere = isThere;
  };
  for (const { removed, added } of steps) {
    for (const record of removed) change(record, false);
    for (const record of added) change(record, true);
  }
  const all = [...nets.values()];
  const recordsWhere = (isThere: boolean) =>
    all
      .filter((net) => net.isThere === isThere && net.wasThere !== isThere)
      .map(({ record }) => record);
  return { removed: recordsWhere(false), added: recordsWhere(true) };
}
