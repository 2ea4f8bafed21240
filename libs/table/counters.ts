/**
 * What readers count, each in its own block of shared memory: plain adds of floats, which nobody
 * else writes. The scrape sums them up.
 */
import { READER_COUNTERS, READERS_MAX, readerWord } from './layout.ts';

/** Types counted by themselves; the last cell is for all others. */
const COUNTED_TYPES: readonly (readonly [number, string])[] = [
  [1, 'A'],
  [2, 'NS'],
  [5, 'CNAME'],
  [6, 'SOA'],
  [12, 'PTR'],
  [15, 'MX'],
  [16, 'TXT'],
  [28, 'AAAA'],
  [33, 'SRV'],
  [35, 'NAPTR'],
  [43, 'DS'],
  [46, 'RRSIG'],
  [47, 'NSEC'],
  [48, 'DNSKEY'],
  [65, 'HTTPS'],
];
const OTHER_TYPE = COUNTED_TYPES.length;
const TYPE_CELLS = OTHER_TYPE + 1;

/** Upper bounds of sizes in octets, as CoreDNS has them. */
export const SIZE_BOUNDS: readonly number[] = [
  0, 100, 200, 300, 400, 511, 1023, 2047, 4095, 8291, 16e3, 32e3, 48e3, 64e3,
];
const SIZE_CELLS = SIZE_BOUNDS.length + 1;
/** Latencies double from cell to cell: under 1 µs, 2 µs, 4 µs … 0.5 s, and longer. */
export const LATENCY_CELLS = 21;

/** Cells, as offsets into a reader's counters. Types have one row per family. */
export const CELL_TYPES = 0;
export const CELL_RCODES = CELL_TYPES + 2 * TYPE_CELLS;
export const CELL_REQUEST_SIZES = CELL_RCODES + 16;
export const CELL_REQUEST_OCTETS = CELL_REQUEST_SIZES + SIZE_CELLS;
export const CELL_RESPONSE_SIZES = CELL_REQUEST_OCTETS + 1;
export const CELL_RESPONSE_OCTETS = CELL_RESPONSE_SIZES + SIZE_CELLS;
export const CELL_LATENCIES = CELL_RESPONSE_OCTETS + 1;
export const CELL_LATENCY_SECONDS = CELL_LATENCIES + LATENCY_CELLS;
export const CELL_HANDED_OVER = CELL_LATENCY_SECONDS + 1;
export const CELL_DROPPED = CELL_HANDED_OVER + 1;
export const CELL_TRUNCATED = CELL_DROPPED + 1;
export const CELL_RING_FULL = CELL_TRUNCATED + 1;
export const CELL_SEND_ERRORS = CELL_RING_FULL + 1;
export const CELL_KERNEL_DROPS = CELL_SEND_ERRORS + 1;
export const CELL_BATCHES = CELL_KERNEL_DROPS + 1;
const CELLS = CELL_BATCHES + 1;

const DNS_TYPES_SMALL = 256;
/** RR type below 256 → its cell. */
export const TYPE_CELL_OF = typeCells();
/** Octets → cell of the size histograms, for all that UDP carries here and what TCP does. */
export const SIZE_CELL_OF = sizeCells();

function typeCells(): Uint8Array {
  const cells = new Uint8Array(DNS_TYPES_SMALL).fill(OTHER_TYPE);
  for (const [cell, [type]] of COUNTED_TYPES.entries()) cells[type] = cell;
  return cells;
}

function sizeCells(): Uint8Array {
  const cells = new Uint8Array(2 ** 16).fill(SIZE_BOUNDS.length);
  for (let cell = SIZE_BOUNDS.length - 1; cell >= 0; cell--) {
    cells.fill(cell, 0, (SIZE_BOUNDS[cell] ?? 0) + 1);
  }
  return cells;
}

/** Cell of an RR type in the row of a family: 0 for IPv4, 1 for IPv6. */
export function typeCell(type: number, family: number): number {
  const cell = type < DNS_TYPES_SMALL ? (TYPE_CELL_OF[type] ?? OTHER_TYPE) : OTHER_TYPE;
  return CELL_TYPES + family * TYPE_CELLS + cell;
}

export function latencyCell(microseconds: number): number {
  const bits = 32 - Math.clz32(microseconds);
  return CELL_LATENCIES + (bits < LATENCY_CELLS ? bits : LATENCY_CELLS - 1);
}

/** A reader's own counters. */
export function countersOf(memory: SharedArrayBuffer, reader: number): Float64Array {
  return new Float64Array(memory, (readerWord(reader) + READER_COUNTERS) * 4, CELLS);
}

export interface Histogram {
  /** Upper bounds, inclusive; one more cell is for what exceeds them. */
  readonly bounds: readonly number[];
  readonly cells: readonly number[];
  readonly sum: number;
}

export interface Counters {
  /** Answered from the table. */
  readonly queries: readonly {
    readonly family: 'ipv4' | 'ipv6';
    readonly type: string;
    readonly count: number;
  }[];
  readonly rcodes: readonly number[];
  readonly requestOctets: Histogram;
  readonly responseOctets: Histogram;
  /** From the receipt of its batch until it was sent. */
  readonly latencySeconds: Histogram;
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

/** The counters of some readers (all, unless said) summed up. */
export function readCounters(memory: SharedArrayBuffer, readers?: readonly number[]): Counters {
  const cells = new Float64Array(CELLS);
  for (const reader of readers ?? Array.from({ length: READERS_MAX }, (_, i) => i)) {
    for (const [i, count] of countersOf(memory, reader).entries())
      cells[i] = (cells[i] ?? 0) + count;
  }
  const at = (cell: number) => cells[cell] ?? 0;
  const histogram = (first: number, bounds: readonly number[], sum: number): Histogram => ({
    bounds,
    cells: [...cells.subarray(first, first + bounds.length + 1)],
    sum: at(sum),
  });
  const names = [...COUNTED_TYPES.map(([, name]) => name), 'other'];
  const latencyBounds = Array.from({ length: LATENCY_CELLS - 1 }, (_, i) => 2 ** i / 1e6);
  return {
    queries: (['ipv4', 'ipv6'] as const).flatMap((family, row) =>
      names.map((type, i) => ({ family, type, count: at(CELL_TYPES + row * TYPE_CELLS + i) })),
    ),
    rcodes: [...cells.subarray(CELL_RCODES, CELL_RCODES + 16)],
    requestOctets: histogram(CELL_REQUEST_SIZES, SIZE_BOUNDS, CELL_REQUEST_OCTETS),
    responseOctets: histogram(CELL_RESPONSE_SIZES, SIZE_BOUNDS, CELL_RESPONSE_OCTETS),
    latencySeconds: histogram(CELL_LATENCIES, latencyBounds, CELL_LATENCY_SECONDS),
    handedOver: at(CELL_HANDED_OVER),
    dropped: at(CELL_DROPPED),
    truncated: at(CELL_TRUNCATED),
    ringFull: at(CELL_RING_FULL),
    sendErrors: at(CELL_SEND_ERRORS),
    kernelDrops: at(CELL_KERNEL_DROPS),
    batches: at(CELL_BATCHES),
  };
}
