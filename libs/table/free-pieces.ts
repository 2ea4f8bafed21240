/**
 * Which octets of the arena are free: pieces by size, the smallest that fits is cut, neighbours
 * that are free become one again. So names may change their sizes for ever, and nothing is kept for
 * a size that no longer comes (two-level segregated fit: Masmano, Ripoll, Crespo, Real, 2004).
 *
 *   a free piece, in words:   octets | next of its size | one before | … | octets
 *   a bit for each granule:   the first and the last of a free piece
 *
 * What a piece says of itself stands within it, since it is nobody else's; the bits tell whether
 * the neighbour of one that is given back is free.
 */

/** Pieces are multiples of this, and hold what a free one says. */
export const GRANULE_OCTETS = 16;
const GRANULE_BITS = 4;
/** Bins of one size each; above, each power of two has 16 of them. */
const EXACT_BINS = 32;
const BINS_PER_DOUBLING = 16;
/** Up to 2^31 octets: 2^27 granules. */
const BINS = EXACT_BINS + 23 * BINS_PER_DOUBLING;

const FREE_OCTETS = 0;
const FREE_NEXT = 1;
const FREE_BEFORE = 2;

export class FreePieces {
  readonly #words: Int32Array;
  readonly #base: number;
  readonly #end: number;
  readonly #isEdge: Int32Array;
  /** Where the first piece of each bin is, 0 for none; and a bit for each bin that has some. */
  readonly #first = new Int32Array(BINS);
  readonly #isFilled = new Int32Array((BINS + 31) >> 5);
  /** Above is nothing in use. */
  #top: number;
  #touched: number;
  #freeOctets = 0;

  constructor(words: Int32Array, base: number, end: number) {
    this.#words = words;
    this.#base = base;
    this.#end = end;
    this.#isEdge = new Int32Array(((end - base) >> (GRANULE_BITS + 5)) + 1);
    this.#top = base;
    this.#touched = base;
  }

  get usedOctets(): number {
    return this.#top - this.#base - this.#freeOctets;
  }

  /** From here on nothing was ever taken. */
  get touched(): number {
    return this.#touched;
  }

  /** Where so many octets (whole granules) were free; 0 when there are none in one piece. */
  take(octets: number): number {
    const at = this.#fitting(octets);
    if (at === 0) return this.#takeTop(octets);
    const rest = (this.#words[(at >> 2) + FREE_OCTETS] ?? 0) - octets;
    this.#remove(at);
    if (rest > 0) this.#add(at + octets, rest);
    return at;
  }

  /** Takes them back. */
  give(at: number, octets: number): void {
    const words = this.#words;
    const next = at + octets;
    if (next < this.#top && this.#edge(next)) {
      octets += words[(next >> 2) + FREE_OCTETS] ?? 0;
      this.#remove(next);
    }
    if (at > this.#base && this.#edge(at - GRANULE_OCTETS)) {
      const before = at - (words[(at >> 2) - 1] ?? 0);
      this.#remove(before);
      octets += at - before;
      at = before;
    }
    if (at + octets === this.#top) this.#top = at;
    else this.#add(at, octets);
  }

  #takeTop(octets: number): number {
    const at = this.#top;
    if (at + octets > this.#end) return 0;
    this.#top = at + octets;
    this.#touched = Math.max(this.#touched, this.#top);
    return at;
  }

  /** A piece of at least so many octets: of its bin the first, else the smallest of larger ones. */
  #fitting(octets: number): number {
    const own = binOf(octets);
    const first = this.#first[own] ?? 0;
    if (first !== 0 && (this.#words[(first >> 2) + FREE_OCTETS] ?? 0) >= octets) return first;
    const from = own + 1;
    for (let word = from >> 5; word < this.#isFilled.length; word++) {
      let filled = this.#isFilled[word] ?? 0;
      if (word === from >> 5) filled &= -1 << (from & 31);
      if (filled !== 0) return this.#first[(word << 5) + 31 - Math.clz32(filled & -filled)] ?? 0;
    }
    return 0;
  }

  #add(at: number, octets: number): void {
    const words = this.#words;
    const bin = binOf(octets);
    const next = this.#first[bin] ?? 0;
    const word = at >> 2;
    words[word + FREE_OCTETS] = octets;
    words[word + FREE_NEXT] = next;
    words[word + FREE_BEFORE] = 0;
    words[((at + octets) >> 2) - 1] = octets;
    if (next !== 0) words[(next >> 2) + FREE_BEFORE] = at;
    this.#first[bin] = at;
    this.#isFilled[bin >> 5] = (this.#isFilled[bin >> 5] ?? 0) | (1 << (bin & 31));
    this.#setEdge(at);
    this.#setEdge(at + octets - GRANULE_OCTETS);
    this.#freeOctets += octets;
  }

  #remove(at: number): void {
    const words = this.#words;
    const word = at >> 2;
    const octets = words[word + FREE_OCTETS] ?? 0;
    const next = words[word + FREE_NEXT] ?? 0;
    const before = words[word + FREE_BEFORE] ?? 0;
    if (next !== 0) words[(next >> 2) + FREE_BEFORE] = before;
    if (before !== 0) words[(before >> 2) + FREE_NEXT] = next;
    else {
      const bin = binOf(octets);
      this.#first[bin] = next;
      if (next === 0) {
        this.#isFilled[bin >> 5] = (this.#isFilled[bin >> 5] ?? 0) & ~(1 << (bin & 31));
      }
    }
    this.#clearEdge(at);
    this.#clearEdge(at + octets - GRANULE_OCTETS);
    this.#freeOctets -= octets;
  }

  #edge(at: number): boolean {
    const granule = (at - this.#base) >> GRANULE_BITS;
    return ((this.#isEdge[granule >> 5] ?? 0) & (1 << (granule & 31))) !== 0;
  }

  #setEdge(at: number): void {
    const granule = (at - this.#base) >> GRANULE_BITS;
    this.#isEdge[granule >> 5] = (this.#isEdge[granule >> 5] ?? 0) | (1 << (granule & 31));
  }

  #clearEdge(at: number): void {
    const granule = (at - this.#base) >> GRANULE_BITS;
    this.#isEdge[granule >> 5] = (this.#isEdge[granule >> 5] ?? 0) & ~(1 << (granule & 31));
  }
}

function binOf(octets: number): number {
  const granules = octets >> GRANULE_BITS;
  if (granules < EXACT_BINS) return granules;
  const doubling = 31 - Math.clz32(granules);
  return EXACT_BINS + (doubling - 5) * BINS_PER_DOUBLING + ((granules >> (doubling - 4)) & 15);
}
