/**
 * What readers count, each in its own block of shared memory: plain adds of floats, which nobody
 * else writes. The scrape sums them up.
 *
 *   block of a reader:  cells of the reader | a row for each group (query-groups.ts) of answers
 *
 * A query costs six adds (answer-counter.ts); whatever follows from those is derived here.
 */
import { typeNumber } from '../dns/iana.ts';
import {
  CACHED_DENIAL,
  CACHED_SUCCESS,
  CONTROL_READER,
  GROUPS_MAX,
  READER_COUNTERS,
  READERS_MAX,
  readerWord,
} from './layout.ts';

/**
 * Types counted by themselves, as by CoreDNS; the last cell is for all others. A client must not be
 * able to make as many series as there are types.
 */
export const COUNTED_TYPES: readonly string[] =
  'A AAAA SRV PTR MX SOA CNAME TXT NS DS DNSKEY RRSIG NSEC NSEC3 HTTPS SVCB IXFR AXFR ANY'.split(
    ' ',
  );
export const OTHER_TYPE = 'other';
export const TYPE_CELLS = COUNTED_TYPES.length + 1;

/** Upper bounds of sizes in octets, as CoreDNS has them. */
export const SIZE_BOUNDS: readonly number[] = [
  0, 100, 200, 300, 400, 511, 1023, 2047, 4095, 8291, 16e3, 32e3, 48e3, 64e3,
];
/** Upper bounds of durations in seconds, as CoreDNS has them: 0.25 ms, doubling. */
export const SECONDS_BOUNDS: readonly number[] = Array.from(
  { length: 16 },
  (_, i) => 0.00025 * 2 ** i,
);

/** Cells of a reader. */
export const CELL_HANDED_OVER = 0;
export const CELL_DROPPED = 1;
export const CELL_TRUNCATED = 2;
export const CELL_RING_FULL = 3;
export const CELL_SEND_ERRORS = 4;
export const CELL_KERNEL_DROPS = 5;
export const CELL_BATCHES = 6;
/** Not 0 once somebody counts here: the scrape touches no other block. */
const CELL_IN_USE = 7;
export const CELL_FIRST_ROW = 8;

/** Cells of a row. Those that each answer adds to come first, on one cache line. */
export const ROW_REQUEST_OCTETS = 0;
export const ROW_RESPONSE_OCTETS = 1;
export const ROW_SECONDS = 2;
/** One for each rcode, for each kind of answer: CACHED_NOT, CACHED_SUCCESS, CACHED_DENIAL. */
export const ROW_RCODES = 3;
const RCODE_CELLS = 16;
const KINDS = ['own', 'success', 'denial'] as const;
/** One for each type: IPv4, IPv4 with DO, IPv6, IPv6 with DO. */
export const ROW_TYPES = ROW_RCODES + KINDS.length * RCODE_CELLS;
const CLIENTS = [
  { family: 'ipv4', dnssecOk: false },
  { family: 'ipv4', dnssecOk: true },
  { family: 'ipv6', dnssecOk: false },
  { family: 'ipv6', dnssecOk: true },
] as const;
export const ROW_REQUEST_SIZES = ROW_TYPES + CLIENTS.length * TYPE_CELLS;
export const ROW_RESPONSE_SIZES = ROW_REQUEST_SIZES + SIZE_BOUNDS.length + 1;
export const ROW_DURATIONS = ROW_RESPONSE_SIZES + SIZE_BOUNDS.length + 1;
const ROW_END = ROW_DURATIONS + SECONDS_BOUNDS.length + 1;
/** Whole cache lines. */
export const ROW_CELLS = (ROW_END + 7) & ~7;
const CELLS = CELL_FIRST_ROW + GROUPS_MAX * ROW_CELLS;

/** RR type below 256 → its cell. */
export const TYPE_CELL_OF = typeCells();
/** Octets → cell of the size histograms, for all that UDP carries here and what TCP does. */
export const SIZE_CELL_OF = sizeCells();

function typeCells(): Uint8Array {
  const cells = new Uint8Array(256).fill(COUNTED_TYPES.length);
  for (const [cell, type] of COUNTED_TYPES.entries()) cells[typeNumber(type) ?? 0] = cell;
  return cells;
}

function sizeCells(): Uint8Array {
  const cells = new Uint8Array(2 ** 16).fill(SIZE_BOUNDS.length);
  for (let cell = SIZE_BOUNDS.length - 1; cell >= 0; cell--) {
    cells.fill(cell, 0, (SIZE_BOUNDS[cell] ?? 0) + 1);
  }
  return cells;
}

/** A reader's own counters, for the one thread that adds to them. */
export function countersOf(memory: SharedArrayBuffer, reader: number): Float64Array {
  const cells = cellsOf(memory, reader);
  cells[CELL_IN_USE] = 1;
  return cells;
}

function cellsOf(memory: SharedArrayBuffer, reader: number): Float64Array {
  return new Float64Array(memory, (readerWord(reader) + READER_COUNTERS) * 4, CELLS);
}

export interface CountedHistogram {
  /** Upper bounds, inclusive; one more cell is for what exceeds them. */
  readonly bounds: readonly number[];
  readonly cells: readonly number[];
  readonly sum: number;
}

/** What was answered from the table for one group; lists hold what is not 0. */
export interface GroupCounters {
  readonly queries: readonly {
    readonly family: 'ipv4' | 'ipv6';
    readonly dnssecOk: boolean;
    readonly type: string;
    readonly count: number;
  }[];
  readonly responses: readonly {
    readonly rcode: number;
    /** `success`, `denial`: a cached answer of that kind. */
    readonly kind: (typeof KINDS)[number];
    readonly count: number;
  }[];
  readonly requestOctets: CountedHistogram;
  readonly responseOctets: CountedHistogram;
  /** From the receipt of its batch until it was sent. */
  readonly seconds: CountedHistogram;
}

export interface Counters {
  /** By number. */
  readonly groups: readonly GroupCounters[];
  readonly handedOver: number;
  /** Neither query nor worth an answer. */
  readonly dropped: number;
  readonly truncated: number;
  /** Handed over in vain: the chain was behind. */
  readonly ringFull: number;
  readonly sendErrors: number;
  /** Received by the kernel, and dropped for want of room in the socket's buffer. */
  readonly kernelDrops: number;
  readonly batches: number;
}

/** All readers but the control thread: UDP. */
export const UDP_READERS: readonly number[] = Array.from({ length: CONTROL_READER }, (_, i) => i);
const ALL_READERS = Array.from({ length: READERS_MAX }, (_, i) => i);

/** The counters of some readers (all, unless said) summed up. */
export function readCounters(memory: SharedArrayBuffer, readers?: readonly number[]): Counters {
  return countersIn(readCells(memory, readers));
}

/** The cells of some readers (all, unless said) summed up: what `countersIn` reads. */
export function readCells(
  memory: SharedArrayBuffer,
  readers: readonly number[] = ALL_READERS,
): Float64Array {
  const sums = new Float64Array(CELLS);
  for (const reader of readers) {
    const cells = cellsOf(memory, reader);
    if (cells[CELL_IN_USE] === 0) continue;
    for (let i = 0; i < CELLS; i++) sums[i] = (sums[i] ?? 0) + (cells[i] ?? 0);
  }
  return sums;
}

/** What was counted since. A count that began again, after a restart, adds all of itself. */
export function growthOf(now: Float64Array, before: Float64Array): Float64Array {
  return now.map((count, i) => (count >= (before[i] ?? 0) ? count - (before[i] ?? 0) : count));
}

/** How often readers answered for this group from the cache's part of the table. */
export function readCacheHits(
  memory: SharedArrayBuffer,
  group: number,
): { readonly success: number; readonly denial: number } {
  let [success, denial] = [0, 0];
  const first = CELL_FIRST_ROW + group * ROW_CELLS + ROW_RCODES;
  for (const reader of ALL_READERS) {
    const cells = cellsOf(memory, reader);
    if (cells[CELL_IN_USE] === 0) continue;
    for (let rcode = first; rcode < first + RCODE_CELLS; rcode++) {
      success += cells[rcode + CACHED_SUCCESS * RCODE_CELLS] ?? 0;
      denial += cells[rcode + CACHED_DENIAL * RCODE_CELLS] ?? 0;
    }
  }
  return { success, denial };
}

export function countersIn(cells: Float64Array): Counters {
  const at = (cell: number) => cells[cell] ?? 0;
  return {
    groups: Array.from({ length: GROUPS_MAX }, (_, group) => groupIn(cells, group)),
    handedOver: at(CELL_HANDED_OVER),
    dropped: at(CELL_DROPPED),
    truncated: at(CELL_TRUNCATED),
    ringFull: at(CELL_RING_FULL),
    sendErrors: at(CELL_SEND_ERRORS),
    kernelDrops: at(CELL_KERNEL_DROPS),
    batches: at(CELL_BATCHES),
  };
}

function groupIn(cells: Float64Array, group: number): GroupCounters {
  const first = CELL_FIRST_ROW + group * ROW_CELLS;
  const row = cells.subarray(first, first + ROW_CELLS);
  const at = (cell: number) => row[cell] ?? 0;
  const histogram = (from: number, bounds: readonly number[], sum: number): CountedHistogram => ({
    bounds,
    cells: [...row.subarray(from, from + bounds.length + 1)],
    sum: at(sum),
  });
  const types = [...COUNTED_TYPES, OTHER_TYPE];
  return {
    queries: CLIENTS.flatMap((client, i) =>
      types.map((type, j) => ({ ...client, type, count: at(ROW_TYPES + i * TYPE_CELLS + j) })),
    ).filter(({ count }) => count > 0),
    responses: KINDS.flatMap((kind, i) =>
      Array.from({ length: RCODE_CELLS }, (_, rcode) => ({
        rcode,
        kind,
        count: at(ROW_RCODES + i * RCODE_CELLS + rcode),
      })),
    ).filter(({ count }) => count > 0),
    requestOctets: histogram(ROW_REQUEST_SIZES, SIZE_BOUNDS, ROW_REQUEST_OCTETS),
    responseOctets: histogram(ROW_RESPONSE_SIZES, SIZE_BOUNDS, ROW_RESPONSE_OCTETS),
    seconds: histogram(ROW_DURATIONS, SECONDS_BOUNDS, ROW_SECONDS),
  };
}
