/** Lays a record out in the arena. Nobody can find it yet, so plain stores do. */
import type { Arena } from './arena.ts';
import {
  ENTRY_COUNTS,
  ENTRY_EXTRAS,
  ENTRY_OCTETS,
  ENTRY_OTHERS,
  ENTRY_TAIL,
  ENTRY_TYPE,
  ENTRY_WORDS,
  EXTRAS_EXPIRY,
  EXTRAS_HITS,
  EXTRAS_ROTATION,
  EXTRAS_SAID_AT,
  EXTRAS_TTL_OFFSETS,
  EXTRAS_TTLS,
  OCTETS_TOO_MANY,
  RECORD_CHILDREN,
  RECORD_HASH,
  RECORD_KEY,
  RECORD_META,
  RECORD_OCTETS,
  RECORD_ZONE,
} from './layout.ts';
import type { MemoryViews } from './memory-views.ts';
import type { Tail } from './tail.ts';

/** A copy reads whole words: this much past the last tail must be ours. */
const SLACK_OCTETS = 8;

export interface RecordContent {
  /** Lower-case wire form. */
  readonly key: Uint8Array;
  readonly hash: number;
  readonly view: number;
  readonly zone: number;
  readonly group: number;
  readonly flags: number;
  /** Names right below that keep this one. */
  readonly children: number;
  readonly tails: readonly Tail[];
}

/** Where the record is; 0 when the arena is full. */
export function writeRecord(views: MemoryViews, arena: Arena, content: RecordContent): number {
  const { key, tails } = content;
  const directory = RECORD_KEY + (key.length >> 2) + 1;
  const first = (directory + tails.length * ENTRY_WORDS) * 4;
  const octets = tails.reduce((sum, tail) => sum + tailOctets(tail), first + SLACK_OCTETS);
  const at = arena.allocate(octets);
  if (at === 0) return 0;
  const { words, bytes } = views;
  const word = at >> 2;
  words[word + RECORD_HASH] = content.hash;
  words[word + RECORD_META] =
    key.length | (content.view << 8) | (tails.length << 16) | content.flags;
  words[word + RECORD_ZONE] = content.zone | (content.group << 16);
  words[word + RECORD_CHILDREN] = content.children;
  words[word + RECORD_OCTETS] = octets;
  words[word + directory - 1] = 0; // the end of the last word of the key
  bytes.set(key, at + RECORD_KEY * 4);
  let place = first;
  for (const [i, tail] of tails.entries()) {
    writeTail(views, at, word + directory + i * ENTRY_WORDS, place, tail);
    place += tailOctets(tail);
  }
  return at;
}

/** One type: its entry at word `entry`, its tail and extras from `place` of the record on. */
function writeTail(
  { words, bytes, data }: MemoryViews,
  record: number,
  entry: number,
  place: number,
  tail: Tail,
): void {
  const extras = extrasOctets(tail);
  words[entry + ENTRY_TYPE] = tail.type | (tail.header << 16);
  words[entry + ENTRY_TAIL] = place + extras;
  words[entry + ENTRY_OCTETS] = tail.tooLong ? OCTETS_TOO_MANY : tail.octets.length;
  words[entry + ENTRY_COUNTS] = 0x100 | (swapped(tail.answers) << 16);
  words[entry + ENTRY_OTHERS] = swapped(tail.authorities) | (swapped(tail.additionals) << 16);
  words[entry + ENTRY_EXTRAS] = extras === 0 ? 0 : place;
  bytes.set(tail.octets, record + place + extras);
  if (extras === 0) return;
  const { rotation, cached } = tail;
  const word = (record + place) >> 2;
  words[word + EXTRAS_EXPIRY] = cached?.expiry ?? 0;
  words[word + EXTRAS_ROTATION] = rotation?.start ?? 0;
  words[word + EXTRAS_ROTATION + 1] = rotation?.octets ?? 0;
  words[word + EXTRAS_ROTATION + 2] = rotation?.count ?? 0;
  if (cached === undefined) return;
  words[word + EXTRAS_SAID_AT] = cached.saidAt;
  words[word + EXTRAS_HITS] = cached.hits;
  words[word + EXTRAS_TTLS] = cached.ttlOffsets.length | (cached.kind << 16);
  const offsets = record + place + EXTRAS_TTL_OFFSETS * 4;
  for (const [i, offset] of cached.ttlOffsets.entries()) {
    data.setUint16(offsets + 2 * i, offset, true);
  }
}

/** A big-endian uint16 as a little-endian word reads it. */
function swapped(count: number): number {
  return ((count & 0xff) << 8) | ((count >> 8) & 0xff);
}

function tailOctets(tail: Tail): number {
  return extrasOctets(tail) + aligned(tail.octets.length);
}

function extrasOctets({ rotation, cached }: Tail): number {
  if (cached !== undefined) return EXTRAS_TTL_OFFSETS * 4 + aligned(2 * cached.ttlOffsets.length);
  return rotation === undefined ? 0 : EXTRAS_SAID_AT * 4;
}

function aligned(octets: number): number {
  return (octets + 3) & ~3;
}
