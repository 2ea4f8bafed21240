/**
 * What a record holds of cached answers, as the writer looks at it: types of one name come and go
 * one by one, while a record is written as a whole.
 */
import {
  ENTRY_COUNTS,
  ENTRY_EXTRAS,
  ENTRY_OCTETS,
  ENTRY_OTHERS,
  ENTRY_TAIL,
  ENTRY_TYPE,
  ENTRY_WORDS,
  EXPIRY_FORGOTTEN,
  EXTRAS_EXPIRY,
  EXTRAS_HITS,
  EXTRAS_ROTATION,
  EXTRAS_SAID_AT,
  EXTRAS_TTL_OFFSETS,
  EXTRAS_TTLS,
  OCTETS_TOO_MANY,
  RECORD_KEY,
  RECORD_META,
} from './layout.ts';
import type { MemoryViews } from './memory-views.ts';
import type { Tail } from './tail.ts';

/** The tails of a cached record that are good at a time, but for one type; hits come with them. */
export function tailsBeside(
  views: MemoryViews,
  record: number,
  type: number,
  now: number,
): readonly Tail[] {
  return entriesOf(views, record).flatMap((entry) => {
    const isOther = typeAt(views, entry) !== type && expiryAt(views, record, entry) > now;
    return isOther ? [tailAt(views, record, entry)] : [];
  });
}

/** Ends the answer of a type where it stands; whether the record has others that are not ended. */
export function forgetEntry(views: MemoryViews, record: number, type: number): boolean {
  let others = 0;
  for (const entry of entriesOf(views, record)) {
    if (typeAt(views, entry) !== type) {
      if (expiryAt(views, record, entry) !== EXPIRY_FORGOTTEN) others++;
      continue;
    }
    const extras = extrasAt(views, record, entry);
    Atomics.store(views.words, extras + EXTRAS_EXPIRY, EXPIRY_FORGOTTEN);
  }
  return others > 0;
}

/** How often readers answered with this type, from now on from 0. */
export function takeEntryHits(views: MemoryViews, record: number, type: number): number {
  const entry = entriesOf(views, record).find((candidate) => typeAt(views, candidate) === type);
  if (entry === undefined) return 0;
  const at = extrasAt(views, record, entry) + EXTRAS_HITS;
  const hits = views.words[at] ?? 0;
  views.words[at] = 0;
  return hits;
}

/** Word indices of the entries. */
function entriesOf({ words }: MemoryViews, record: number): readonly number[] {
  const meta = words[(record >> 2) + RECORD_META] ?? 0;
  const directory = (record >> 2) + RECORD_KEY + ((meta & 255) >> 2) + 1;
  return Array.from({ length: (meta >> 16) & 255 }, (_, i) => directory + i * ENTRY_WORDS);
}

function typeAt({ words }: MemoryViews, entry: number): number {
  return (words[entry + ENTRY_TYPE] ?? 0) & 0xffff;
}

/** Word index of the extras, which each cached answer has. */
function extrasAt({ words }: MemoryViews, record: number, entry: number): number {
  return (record + (words[entry + ENTRY_EXTRAS] ?? 0)) >> 2;
}

function expiryAt(views: MemoryViews, record: number, entry: number): number {
  return views.words[extrasAt(views, record, entry) + EXTRAS_EXPIRY] ?? 0;
}

function tailAt(views: MemoryViews, record: number, entry: number): Tail {
  const { words, bytes, data } = views;
  const word = (field: number) => words[entry + field] ?? 0;
  const extras = extrasAt(views, record, entry);
  const extra = (field: number) => words[extras + field] ?? 0;
  const tooLong = word(ENTRY_OCTETS) === OCTETS_TOO_MANY;
  const from = record + word(ENTRY_TAIL);
  const count = extra(EXTRAS_ROTATION + 2);
  const rotation = { start: extra(EXTRAS_ROTATION), octets: extra(EXTRAS_ROTATION + 1), count };
  const ttls = extra(EXTRAS_TTLS);
  return {
    type: typeAt(views, entry),
    octets: bytes.subarray(from, from + (tooLong ? 0 : word(ENTRY_OCTETS))),
    tooLong,
    header: word(ENTRY_TYPE) >>> 16,
    answers: swapped(word(ENTRY_COUNTS) >>> 16),
    authorities: swapped(word(ENTRY_OTHERS) & 0xffff),
    additionals: swapped(word(ENTRY_OTHERS) >>> 16),
    rotation: count === 0 ? undefined : rotation,
    cached: {
      expiry: extra(EXTRAS_EXPIRY),
      saidAt: extra(EXTRAS_SAID_AT),
      kind: ttls >>> 16,
      hits: extra(EXTRAS_HITS),
      ttlOffsets: Array.from({ length: ttls & 0xffff }, (_, i) =>
        data.getUint16(extras * 4 + EXTRAS_TTL_OFFSETS * 4 + 2 * i, true),
      ),
    },
  };
}

function swapped(count: number): number {
  return ((count & 0xff) << 8) | (count >> 8);
}
