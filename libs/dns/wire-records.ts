/** The records of a packet, as far as their fixed fields tell: no name or rdata is read. */

export interface WireRecord {
  readonly section: 'answer' | 'authority' | 'additional';
  readonly type: number;
  /** Seconds; of an OPT, whatever stands there. */
  readonly ttl: number;
  /** Where its rdata begins and ends. */
  readonly rdata: number;
  readonly end: number;
}

const HEADER_OCTETS = 12;
const QUESTION_FIXED_OCTETS = 4;
const RECORD_FIXED_OCTETS = 10;
/** Header octets where the count of each section stands. */
const SECTIONS = [
  ['answer', 6],
  ['authority', 8],
  ['additional', 10],
] as const;

/** In their order; undefined when the packet ends before they do, or goes on after them. */
export function wireRecords(packet: Uint8Array): readonly WireRecord[] | undefined {
  if (packet.length < HEADER_OCTETS) return undefined;
  const data = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  let at = HEADER_OCTETS;
  for (let left = data.getUint16(4); left > 0; left--) {
    at = nameEnd(packet, at) + QUESTION_FIXED_OCTETS;
    if (at > packet.length) return undefined;
  }
  const records: WireRecord[] = [];
  for (const [section, countAt] of SECTIONS) {
    for (let left = data.getUint16(countAt); left > 0; left--) {
      const fixed = nameEnd(packet, at);
      const rdata = fixed + RECORD_FIXED_OCTETS;
      if (rdata > packet.length) return undefined;
      at = rdata + data.getUint16(fixed + 8);
      if (at > packet.length) return undefined;
      const [type, ttl] = [data.getUint16(fixed), data.getUint32(fixed + 4)];
      records.push({ section, type, ttl, rdata, end: at });
    }
  }
  return at === packet.length ? records : undefined;
}

/** Beyond the packet's end where the name is not whole. */
function nameEnd(packet: Uint8Array, from: number): number {
  for (let at = from; at < packet.length; ) {
    const octets = packet[at] ?? 0;
    if (octets === 0) return at + 1;
    if (octets >= 0xc0) return at + 2;
    if (octets > 63) break;
    at += 1 + octets;
  }
  return packet.length + 1;
}
