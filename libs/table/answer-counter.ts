/**
 * Counts what one reader answers. The answer only notes two words, in a memory of its own; what
 * they say is added to the counters when the batch ends: in one small loop six adds cost what one
 * costs amid the answer, and the clock is read twice a batch.
 */
import * as counters from './counters.ts';
import { GROUPS_MAX } from './layout.ts';

/** Copies: an imported constant would be loaded from its module at each use. */
const {
  CELL_BATCHES,
  CELL_FIRST_ROW,
  COUNTED_TYPES,
  ROW_CELLS,
  ROW_DURATIONS,
  ROW_RCODES,
  ROW_REQUEST_OCTETS,
  ROW_REQUEST_SIZES,
  ROW_RESPONSE_OCTETS,
  ROW_RESPONSE_SIZES,
  ROW_SECONDS,
  ROW_TYPES,
  SECONDS_BOUNDS,
  SIZE_CELL_OF,
  TYPE_CELL_OF,
  TYPE_CELLS,
} = counters;

const TYPES_SMALL = 256;
/** Quarters of a millisecond: the first bound of durations. */
const QUARTERS_PER_MS = 4;

/** Words that are noted before they are counted, two an answer: more than a batch has. */
export const NOTED_WORDS_MAX = 256;
/** The first word: type, rcode, kind (CACHED_NOT and so on), client, group. */
export const NOTED_RCODE_SHIFT = 16;
export const NOTED_KIND_SHIFT = 20;
/** 0 for IPv4, 2 for IPv6, and 1 more with DO. */
export const NOTED_CLIENT_SHIFT = 22;
export const NOTED_GROUP_SHIFT = 24;
/** The second word: octets of the query in the upper half, of the response in the lower. */
export const NOTED_OCTETS_SHIFT = 16;

export class AnswerCounter {
  /** What the answers noted, and how many words: written by them, since a call would cost more. */
  readonly noted = new Int32Array(NOTED_WORDS_MAX);
  notedWords = 0;
  readonly #cells: Float64Array;
  /** Answers of each group in this batch. */
  readonly #inBatch = new Int32Array(GROUPS_MAX);
  /** A bit for each group that has some. */
  #groups = 0;

  constructor(memory: SharedArrayBuffer, reader: number) {
    this.#cells = counters.countersOf(memory, reader);
  }

  /** All that was answered since the last time took so long. */
  endBatch(elapsedMs: number): void {
    this.count();
    const cells = this.#cells;
    const seconds = elapsedMs / 1000;
    const cell = durationCell(elapsedMs);
    for (let groups = this.#groups; groups !== 0; groups &= groups - 1) {
      const group = 31 - Math.clz32(groups & -groups);
      const row = CELL_FIRST_ROW + group * ROW_CELLS;
      const answers = this.#inBatch[group] ?? 0;
      this.#inBatch[group] = 0;
      add(cells, row + ROW_DURATIONS + cell, answers);
      add(cells, row + ROW_SECONDS, seconds * answers);
    }
    this.#groups = 0;
    add(cells, CELL_BATCHES, 1);
  }

  /** Counts what is noted: also amid a batch, when there is no room for more. */
  count(): void {
    const cells = this.#cells;
    const noted = this.noted;
    const other = COUNTED_TYPES.length;
    const words = this.notedWords;
    for (let i = 0; i < words; i += 2) {
      const word = noted[i] ?? 0;
      const octets = noted[i + 1] ?? 0;
      const type = word & 0xffff;
      const group = word >>> NOTED_GROUP_SHIFT;
      const row = CELL_FIRST_ROW + group * ROW_CELLS;
      const requestOctets = octets >>> NOTED_OCTETS_SHIFT;
      const responseOctets = octets & 0xffff;
      const rcodeOfKind = (word >>> NOTED_RCODE_SHIFT) & 0x3f;
      const client = (word >>> NOTED_CLIENT_SHIFT) & 3;
      const typeCell = type < TYPES_SMALL ? (TYPE_CELL_OF[type] ?? other) : other;
      this.#groups |= 1 << group;
      this.#inBatch[group] = (this.#inBatch[group] ?? 0) + 1;
      add(cells, row + ROW_REQUEST_OCTETS, requestOctets);
      add(cells, row + ROW_RESPONSE_OCTETS, responseOctets);
      add(cells, row + ROW_RCODES + rcodeOfKind, 1);
      add(cells, row + ROW_TYPES + client * TYPE_CELLS + typeCell, 1);
      add(cells, row + ROW_REQUEST_SIZES + (SIZE_CELL_OF[requestOctets] ?? 0), 1);
      add(cells, row + ROW_RESPONSE_SIZES + (SIZE_CELL_OF[responseOctets] ?? 0), 1);
    }
    this.notedWords = 0;
  }
}

/** The first bound that is not below: of 0.25 ms · 2^i. */
export function durationCell(elapsedMs: number): number {
  const quarters = Math.ceil(elapsedMs * QUARTERS_PER_MS);
  const cell = quarters <= 1 ? 0 : 32 - Math.clz32(quarters - 1);
  return Math.min(cell, SECONDS_BOUNDS.length);
}

function add(cells: Float64Array, cell: number, by: number): void {
  cells[cell] = (cells[cell] ?? 0) + by;
}
