/** Messages in a stream: two octets of length, then the message (RFC 1035 § 4.2.2). */

/** Collects what arrives, in pieces of any size, and gives whole messages. */
export class TcpFraming {
  /** Of a message that is not whole. Doubled when it is full, so that each octet costs alike. */
  #pending = new Uint8Array(0);
  #octets = 0;

  /** Whether a message has begun and is not whole. */
  get isWithin(): boolean {
    return this.#octets > 0;
  }

  /** The messages that are whole now. */
  push(octets: Uint8Array): readonly Uint8Array[] {
    if (this.#octets === 0) return this.#take(octets);
    this.#append(octets);
    if (this.#octets < lengthAt(this.#pending, 0, this.#octets)) return [];
    const all = this.#pending.subarray(0, this.#octets);
    this.#octets = 0;
    this.#pending = new Uint8Array(0);
    return this.#take(all);
  }

  #take(all: Uint8Array): readonly Uint8Array[] {
    const messages: Uint8Array[] = [];
    let at = 0;
    for (;;) {
      const end = at + lengthAt(all, at, all.length);
      if (end > all.length) break;
      messages.push(all.subarray(at + 2, end));
      at = end;
    }
    if (at < all.length) this.#append(all.subarray(at));
    return messages;
  }

  #append(octets: Uint8Array): void {
    const needed = this.#octets + octets.length;
    if (needed > this.#pending.length) {
      const larger = new Uint8Array(Math.max(needed, 2 * this.#pending.length));
      larger.set(this.#pending.subarray(0, this.#octets));
      this.#pending = larger;
    }
    this.#pending.set(octets, this.#octets);
    this.#octets = needed;
  }
}

/** Octets of the message at `at`, its length included; at least the length's own two. */
function lengthAt(all: Uint8Array, at: number, end: number): number {
  if (at + 2 > end) return 2;
  return 2 + (((all[at] ?? 0) << 8) | (all[at + 1] ?? 0));
}

/** The message with its length before it. */
export function framed(message: Uint8Array): Uint8Array {
  const octets = new Uint8Array(2 + message.length);
  octets[0] = message.length >> 8;
  octets[1] = message.length & 0xff;
  octets.set(message, 2);
  return octets;
}
