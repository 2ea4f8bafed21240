/** Message → octets, names compressed (RFC 1035 § 4.1.4), truncated to a size. */
import { CLASS_IN, typeNumber } from './iana.ts';
import type { Edns, Message } from './message.ts';
import { TCP_OCTETS_MAX } from './message.ts';
import { LABEL_OCTETS_MAX, labelsOf, lowerName, NAME_OCTETS_MAX, nameToWire } from './name.ts';
import { rdataParts } from './rdata.ts';
import type { RR } from './rrset.ts';

/** Pointers have 14 bits; what begins later can't be pointed at. */
const POINTER_MAX = 0x3fff;

/**
 * The message in at most `limit` octets. One that does not fit keeps its question and OPT and says
 * TC: the client asks again over TCP (RFC 2181 § 9 lets a sender choose what to leave out; the
 * table in shared memory does the same).
 */
export function encode(message: Message, limit: number = TCP_OCTETS_MAX): Uint8Array {
  const whole = write(message);
  if (whole.length <= limit) return whole;
  return write({
    ...message,
    flags: { ...message.flags, truncated: true },
    answer: [],
    authority: [],
    additional: [],
  });
}

function write(message: Message): Uint8Array {
  const writer = new MessageWriter();
  writer.header(message);
  if (message.question !== undefined) {
    writer.name(message.question.name, true);
    writer.u16(numberOf(message.question.type));
    writer.u16(message.question.class);
  }
  // Records are of the class that was asked for.
  const { class: dnsClass } = message.question ?? { class: CLASS_IN };
  for (const section of [message.answer, message.authority, message.additional]) {
    for (const record of section) writer.record(record, dnsClass);
  }
  if (message.edns !== undefined) writer.opt(message.edns, message.rcode);
  return writer.octets();
}

class MessageWriter {
  #bytes = new Uint8Array(512);
  #length = 0;
  /** Lower-case suffix, as text → where it was written first. */
  readonly #suffixes = new Map<string, number>();

  octets(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  header({
    id,
    flags,
    opcode,
    rcode,
    question,
    answer,
    authority,
    additional,
    edns,
  }: Message): void {
    this.u16(id);
    this.u16(
      (flags.response ? 0x8000 : 0) |
        (opcode << 11) |
        (flags.authoritative ? 0x0400 : 0) |
        (flags.truncated ? 0x0200 : 0) |
        (flags.recursionDesired ? 0x0100 : 0) |
        (flags.recursionAvailable ? 0x0080 : 0) |
        (flags.authenticData ? 0x0020 : 0) |
        (flags.checkingDisabled ? 0x0010 : 0) |
        (rcode & 15),
    );
    this.u16(question === undefined ? 0 : 1);
    this.u16(answer.length);
    this.u16(authority.length);
    this.u16(additional.length + (edns === undefined ? 0 : 1));
  }

  record({ name, type, ttl, rdata }: RR, dnsClass: number): void {
    this.name(name, true);
    this.u16(numberOf(type));
    this.u16(dnsClass);
    this.u32(ttl);
    const lengthAt = this.#length;
    this.u16(0);
    for (const part of rdataParts(type, rdata)) {
      if ('octets' in part) this.raw(part.octets);
      else this.name(part.name, part.compressible);
    }
    const length = this.#length - lengthAt - 2;
    this.#bytes[lengthAt] = length >> 8;
    this.#bytes[lengthAt + 1] = length & 0xff;
  }

  opt({ udpSize, version, dnssecOk, options }: Edns, rcode: number): void {
    this.raw(Uint8Array.of(0));
    this.u16(numberOf('OPT'));
    this.u16(udpSize);
    this.u32((((rcode >> 4) << 24) | (version << 16) | (dnssecOk ? 0x8000 : 0)) >>> 0);
    this.u16(options.reduce((sum, option) => sum + 4 + option.data.length, 0));
    for (const { code, data } of options) {
      this.u16(code);
      this.u16(data.length);
      this.raw(data);
    }
  }

  /**
   * Writes a name, and remembers its suffixes for later ones. Case-insensitive: a pointer shows the
   * case written first.
   */
  name(name: string, compress: boolean): void {
    if (name.includes('\\')) this.#escapedName(name, compress);
    else this.#plainName(name.endsWith('.') ? name.slice(0, -1) : name, compress);
  }

  /** Of characters that are octets: nearly every name, so it takes no detour over labels. */
  #plainName(name: string, compress: boolean): void {
    const wrong = () => nameToWire(`${name}.`); // throws, and says what is wrong
    if (name.length > NAME_OCTETS_MAX - 2) wrong();
    const lower = lowerName(name);
    for (let at = 0; at < name.length; ) {
      if (this.#suffix(at === 0 ? lower : lower.slice(at), compress)) return;
      const dot = name.indexOf('.', at);
      const end = dot < 0 ? name.length : dot;
      if (end === at || end - at > LABEL_OCTETS_MAX || end === name.length - 1) wrong();
      this.#reserve(1 + end - at);
      this.#bytes[this.#length++] = end - at;
      for (; at < end; at++) {
        const code = name.charCodeAt(at);
        if (code > 0xff) wrong();
        this.#bytes[this.#length++] = code;
      }
      at++;
    }
    this.raw(Uint8Array.of(0));
  }

  #escapedName(name: string, compress: boolean): void {
    const labels = labelsOf(name);
    const wire = nameToWire(name);
    let at = 0;
    for (let i = 0; i < labels.length; i++) {
      if (this.#suffix(lowerName(labels.slice(i).join('.')), compress)) return;
      const size = 1 + (wire[at] ?? 0);
      this.raw(wire.subarray(at, at + size));
      at += size;
    }
    this.raw(Uint8Array.of(0));
  }

  /** Whether a pointer stands for it now. */
  #suffix(suffix: string, compress: boolean): boolean {
    const seen = this.#suffixes.get(suffix);
    if (compress && seen !== undefined) {
      this.u16(0xc000 | seen);
      return true;
    }
    if (seen === undefined && this.#length <= POINTER_MAX) {
      this.#suffixes.set(suffix, this.#length);
    }
    return false;
  }

  u16(value: number): void {
    this.#reserve(2);
    this.#bytes[this.#length++] = value >> 8;
    this.#bytes[this.#length++] = value & 0xff;
  }

  u32(value: number): void {
    this.u16(value >>> 16);
    this.u16(value & 0xffff);
  }

  raw(octets: Uint8Array): void {
    this.#reserve(octets.length);
    this.#bytes.set(octets, this.#length);
    this.#length += octets.length;
  }

  #reserve(octets: number): void {
    if (this.#length + octets <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + octets));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}

function numberOf(type: string): number {
  const number = typeNumber(type);
  if (number === undefined)
    throw new RangeError(
      `Cannot encode the record type "${type}": it is unknown; expected a mnemonic or TYPE65280`,
    );
  return number;
}
