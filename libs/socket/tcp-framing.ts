/** Messages in a stream: two octets of length, then the message (RFC 1035 § 4.2.2). */

/** Collects what arrives, in pieces of any size, and gives whole messages. */
export class TcpFraming {
  #pending: Uint8Array = new Uint8Array(0);

  /** Whether a message has begun and is not whole. */
  get isWithin(): boolean {
    return this.#pending.length > 0;
  }

  /** The messages that are whole now. */
  push(octets: Uint8Array): readonly Uint8Array[] {
    const all = this.#pending.length === 0 ? octets : Buffer.concat([this.#pending, octets]);
    const messages: Uint8Array[] = [];
    let at = 0;
    while (at + 2 <= all.length) {
      const end = at + 2 + (((all[at] ?? 0) << 8) | (all[at + 1] ?? 0));
      if (end > all.length) break;
      messages.push(all.subarray(at + 2, end));
      at = end;
    }
    this.#pending = all.slice(at);
    return messages;
  }
}

/** The message with its length before it. */
export function framed(message: Uint8Array): Uint8Array {
  const octets = new Uint8Array(2 + message.length);
  octets[0] = message.length >> 8;
  octets[1] = message.length & 0xff;
  octets.set(message, 2);
  return octets;
}
