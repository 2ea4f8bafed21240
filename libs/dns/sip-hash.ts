/**
 * SipHash-2-4 (Aumasson and Bernstein), a keyed hash of short messages, in halves of 32 bits: a
 * hash allocates nothing, as a BigInt would. Its 64 bits are left in `low` and `high`.
 */
export class SipHash {
  low = 0;
  high = 0;

  /**
   * `key`: four words from `at` on. `message`: little-endian words, two a block; the last block
   * ends with the message's length, and what it does not fill is 0.
   */
  hash(key: Int32Array, at: number, message: Int32Array, blocks: number): void {
    const key0 = key[at] ?? 0;
    const key1 = key[at + 1] ?? 0;
    const key2 = key[at + 2] ?? 0;
    const key3 = key[at + 3] ?? 0;
    let a = key0 ^ 0x70736575;
    let aHigh = key1 ^ 0x736f6d65;
    let b = key2 ^ 0x6e646f6d;
    let bHigh = key3 ^ 0x646f7261;
    let c = key0 ^ 0x6e657261;
    let cHigh = key1 ^ 0x6c796765;
    let d = key2 ^ 0x79746573;
    let dHigh = key3 ^ 0x74656462;
    let t = 0;
    for (let block = 0; block <= blocks; block++) {
      const isLast = block === blocks;
      const low = isLast ? 0 : (message[2 * block] ?? 0);
      const high = isLast ? 0 : (message[2 * block + 1] ?? 0);
      if (isLast) c ^= 0xff;
      d ^= low;
      dHigh ^= high;
      for (let round = isLast ? 4 : 2; round > 0; round--) {
        // a += b; b <<<= 13; b ^= a; a <<<= 32
        t = (a + b) | 0;
        aHigh = (aHigh + bHigh + carry(t, a)) | 0;
        a = aHigh;
        aHigh = t;
        t = (b << 13) | (bHigh >>> 19);
        bHigh = ((bHigh << 13) | (b >>> 19)) ^ a;
        b = t ^ aHigh;
        // c += d; d <<<= 16; d ^= c
        t = (c + d) | 0;
        cHigh = (cHigh + dHigh + carry(t, c)) | 0;
        c = t;
        t = (d << 16) | (dHigh >>> 16);
        dHigh = ((dHigh << 16) | (d >>> 16)) ^ cHigh;
        d = t ^ c;
        // a += d; d <<<= 21; d ^= a
        t = (a + d) | 0;
        aHigh = (aHigh + dHigh + carry(t, a)) | 0;
        a = t;
        t = (d << 21) | (dHigh >>> 11);
        dHigh = ((dHigh << 21) | (d >>> 11)) ^ aHigh;
        d = t ^ a;
        // c += b; b <<<= 17; b ^= c; c <<<= 32
        t = (c + b) | 0;
        cHigh = (cHigh + bHigh + carry(t, c)) | 0;
        c = cHigh;
        cHigh = t;
        t = (b << 17) | (bHigh >>> 15);
        bHigh = ((bHigh << 17) | (b >>> 15)) ^ c;
        b = t ^ cHigh;
      }
      a ^= low;
      aHigh ^= high;
    }
    this.low = a ^ b ^ c ^ d;
    this.high = aHigh ^ bHigh ^ cHigh ^ dHigh;
  }
}

/** Of a sum of 32 bits, by one of what was added. */
function carry(sum: number, one: number): number {
  return sum >>> 0 < one >>> 0 ? 1 : 0;
}
