/**
 * How a zone denies: NODATA and NXDOMAIN carry its SOA, whose names point into the question,
 * wherever the apex stands there. So the tail is stored with the list of its pointers, and the
 * reader sets them.
 *
 *   question  x . dns . cluster.local .        tail  apex SOA … ns.dns.apex hostmaster.apex …
 *                 └─ longest suffix that the SOA's names share with the question
 *
 * The SOA's primary server and mailbox are often below the apex, and then compress further where
 * the question shares more than the apex with them: one denial per such suffix, the longest first.
 *
 * With every event the serial is another, and most often nothing but the serial: then the denials
 * of the block before are written again with that.
 */
import { encode } from '../dns/encode.ts';
import { CLASS_IN } from '../dns/iana.ts';
import { NO_FLAGS } from '../dns/message.ts';
import { isWithin, labelsOf, lowerName, nameToWire, parentName } from '../dns/name.ts';
import type { Arena } from './arena.ts';
import {
  endOfName,
  HEADER_OCTETS,
  QUESTION_FIXED_OCTETS,
  RECORD_FIXED_OCTETS,
} from './encode-tail.ts';
import {
  DENIAL_FIRST_POINTER,
  DENIAL_LABELS,
  DENIAL_OCTETS,
  DENIAL_POINTERS,
  DENIAL_SUFFIX,
  DENIAL_SUFFIX_OCTETS,
  DENIAL_TAIL,
  POINTS_INTO_TAIL,
  ZONE_COMPLETE,
  ZONE_DENIALS,
  ZONE_HEADER,
  ZONE_OFFSETS,
} from './layout.ts';
import type { MemoryViews } from './memory-views.ts';
import type { TableZone } from './table-answer.ts';

interface Denial {
  readonly labels: number;
  readonly suffix: Uint8Array;
  readonly tail: Uint8Array;
  readonly header: number;
  readonly pointers: readonly number[];
}

export interface ZoneBlock {
  readonly at: number;
  readonly octets: number;
  /** What was written. */
  readonly zone: TableZone;
  readonly denials: readonly Denial[];
}

/** With its apex, in text and in octets of the wire. */
export interface KnownZone extends ZoneBlock {
  readonly apex: string;
  readonly apexOctets: number;
}

/** Octets of a SOA's numbers, which end its rdata: serial, refresh, retry, expire, minimum. */
const SOA_NUMBERS_OCTETS = 20;
/** Primary server and mailbox, serial, timers. */
const SOA_RDATA = /^(\S+ \S+) (\d+) (.*)$/;

/**
 * Writes the block of a zone; undefined when the arena is full. `before`: the zone's last one,
 * which gives its denials away.
 */
export function writeZone(
  { words, bytes }: MemoryViews,
  arena: Arena,
  zone: TableZone,
  before: ZoneBlock | undefined,
): ZoneBlock | undefined {
  const serial = before && onlySerialOf(zone, before.zone);
  const denials =
    before === undefined || serial === undefined
      ? suffixesOf(zone).map((suffix) => denialOf(zone, suffix))
      : withSerial(before.denials, serial);
  const first = (ZONE_OFFSETS + denials.length) * 4;
  const octets = denials.reduce((sum, denial) => sum + denialOctets(denial), first);
  const at = arena.allocate(octets);
  if (at === 0) return undefined;
  words[(at >> 2) + ZONE_COMPLETE] = zone.complete ? 1 : 0;
  words[(at >> 2) + ZONE_HEADER] = denials[0]?.header ?? 0;
  words[(at >> 2) + ZONE_DENIALS] = denials.length;
  let place = first;
  for (const [i, denial] of denials.entries()) {
    words[(at >> 2) + ZONE_OFFSETS + i] = place;
    writeDenial(words, bytes, at + place, denial);
    place += denialOctets(denial);
  }
  return { at, octets, zone, denials };
}

/** The serial, where at most that has changed of the SOA. */
function onlySerialOf(zone: TableZone, before: TableZone): number | undefined {
  const { name, ttl, rdata } = zone.soa;
  const [, names, serial, timers] = SOA_RDATA.exec(rdata) ?? [];
  const [, namesBefore, , timersBefore] = SOA_RDATA.exec(before.soa.rdata) ?? [];
  const isSame =
    before.apex === zone.apex &&
    before.recursionAvailable === zone.recursionAvailable &&
    before.soa.name === name &&
    before.soa.ttl === ttl &&
    namesBefore === names &&
    timersBefore === timers;
  return isSame && serial !== undefined ? Number(serial) : undefined;
}

/** In place: what readers see are copies. */
function withSerial(denials: readonly Denial[], serial: number): readonly Denial[] {
  for (const { tail } of denials) {
    new DataView(tail.buffer, tail.byteOffset).setUint32(tail.length - SOA_NUMBERS_OCTETS, serial);
  }
  return denials;
}

function writeDenial(words: Int32Array, bytes: Uint8Array, at: number, denial: Denial): void {
  const { labels, suffix, tail, pointers } = denial;
  const word = at >> 2;
  const suffixAt = (DENIAL_FIRST_POINTER + pointers.length) * 4;
  const tailAt = suffixAt + aligned(suffix.length);
  words[word + DENIAL_LABELS] = labels;
  words[word + DENIAL_SUFFIX_OCTETS] = suffix.length;
  words[word + DENIAL_SUFFIX] = suffixAt;
  words[word + DENIAL_TAIL] = tailAt;
  words[word + DENIAL_OCTETS] = tail.length;
  words[word + DENIAL_POINTERS] = pointers.length;
  words.set(pointers, word + DENIAL_FIRST_POINTER);
  bytes.set(suffix, at + suffixAt);
  bytes.set(tail, at + tailAt);
}

/** The apex, and what the SOA's names have between it and themselves; longest first. */
function suffixesOf({ apex, soa }: TableZone): readonly string[] {
  const [primary = apex, mailbox = apex] = soa.rdata.split(' ').map(lowerName);
  const suffixes = new Set([apex]);
  for (const name of [primary, mailbox]) {
    let suffix: string | undefined = name;
    while (suffix !== undefined && suffix !== apex && isWithin(suffix, apex)) {
      suffixes.add(suffix);
      suffix = parentName(suffix);
    }
  }
  return [...suffixes].sort((a, b) => labelsOf(b).length - labelsOf(a).length);
}

/** The tail for questions whose longest shared suffix this is. */
function denialOf({ soa, recursionAvailable = false }: TableZone, suffix: string): Denial {
  const wire = nameToWire(suffix);
  const message = encode({
    id: 0,
    flags: { ...NO_FLAGS, response: true, authoritative: true, recursionAvailable },
    opcode: 0,
    rcode: 0,
    question: { name: suffix, type: 'A', class: CLASS_IN },
    answer: [],
    authority: [soa],
    additional: [],
    edns: undefined,
  });
  const start = HEADER_OCTETS + wire.length + QUESTION_FIXED_OCTETS;
  const tail = message.slice(start);
  return {
    labels: labelsOf(suffix).length,
    suffix: wire,
    tail,
    header: (message[2] ?? 0) | ((message[3] ?? 0) << 8),
    pointers: pointersOf(tail, start),
  };
}

/** Each pointer of the SOA: where it stands, what it points into, and how far. */
function pointersOf(tail: Uint8Array, start: number): readonly number[] {
  const ownerEnd = endOfName(tail, 0);
  const primary = ownerEnd + RECORD_FIXED_OCTETS;
  return [0, primary, endOfName(tail, primary)].flatMap((name) => {
    const at = pointerOf(tail, name);
    if (at === undefined) return [];
    const target = (((tail[at] ?? 0) & 0x3f) << 8) | (tail[at + 1] ?? 0);
    return target >= start
      ? [(at << 16) | POINTS_INTO_TAIL | (target - start)]
      : [(at << 16) | (target - HEADER_OCTETS)];
  });
}

/** Where the pointer is that ends the name at `at`; undefined when its root ends it. */
function pointerOf(tail: Uint8Array, at: number): number | undefined {
  for (;;) {
    const size = tail[at] ?? 0;
    if (size >= 0xc0) return at;
    if (size === 0) return undefined;
    at += size + 1;
  }
}

function denialOctets({ suffix, tail, pointers }: Denial): number {
  // A copy reads whole words past the end.
  return (
    (DENIAL_FIRST_POINTER + pointers.length) * 4 + aligned(suffix.length) + aligned(tail.length) + 8
  );
}

function aligned(octets: number): number {
  return (octets + 3) & ~3;
}
