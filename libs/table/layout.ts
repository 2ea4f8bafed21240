/**
 * Where things are in the one block of shared memory that the control thread and the readers share.
 *
 *   0         roots: slots, epoch, seed, cookie secrets, zones, listeners (Int32 each)
 *   8 KiB     a block a reader: its epoch, the ends of its ring, its counters (counters.ts)
 *   1.5 MiB   what a reader's sockets need: packets, addresses, headers, ring (libs/socket)
 *   …         the arena: slots, records, zone blocks, handed out by the writer only
 *
 * One buffer, because every access is then of one kind to the compiler, and an answer is copied
 * inside of it. It is reserved at its full size: pages that nobody touched cost nothing, while a
 * growable buffer is several times slower to access.
 */

/** Byte offsets stay int32 and even, so that the compiler never needs a float for one. */
export const MEMORY_OCTETS_MAX = 2 ** 31 - 4096;

/** Readers at once: cores of one machine, and the control thread as the last two of them. */
export const READERS_MAX = 64;
/** The control thread's own reader: it asks the table for TCP. */
export const CONTROL_READER = READERS_MAX - 1;
/** … and for what readers of UDP handed over, once more. */
export const CONTROL_UDP_READER = READERS_MAX - 2;
/** Reader threads at once. */
export const THREADS_MAX = READERS_MAX - 2;

/** Views that a name can have variants for: eight bits of the key. */
export const VIEWS_MAX = 256;
/** Zones at once; each costs a word of the roots. */
export const ZONES_MAX = 512;
/** Listeners of one configuration: addresses of a machine, and ports. Each has a view. */
export const LISTENERS_MAX = VIEWS_MAX / 2;
/** Listeners at once: those of one configuration, and of the one that comes after it. */
export const LISTENERS_AT_ONCE_MAX = 2 * LISTENERS_MAX;
/** Zone of names that came from elsewhere (cached): they prove nothing about names around them. */
export const NO_ZONE = 0;

/** Roots, as word indices. */
export const ROOT_SLOTS = 0;
export const ROOT_EPOCH = 1;
export const ROOT_SEED = 2;
/** Names the arena had no room for, now. While there are any, nothing is denied. */
export const ROOT_REFUSED = 3;
/** Secrets that cookies are made with (libs/dns/server-cookie.ts): SECRETS_WORDS of them. */
export const ROOT_COOKIES = 128;
export const ROOT_ZONES = 256;
/** From here on a word a listener: the view that its clients see. It may be another any time. */
export const ROOT_LISTENERS = 1024;

/** The writer lays the name it looks for here: 256 octets and a word of slack. */
export const WRITER_SCRATCH = 3584;

export const READER_BASE = 8192;
/** Whole pages: counters of two readers never share a cache line. */
export const READER_OCTETS = 6 * 4096;
/** Words of a reader's block. Epoch 0: between batches, holds no reference into the arena. */
export const READER_EPOCH = 0;
export const READER_STOP = 1;
/** Ends of the ring on cache lines of their own: each has one thread that writes it. */
export const READER_RING_HEAD = 16;
export const READER_RING_TAIL = 32;
/** Counters are Float64 from this word of the reader's block on. */
export const READER_COUNTERS = 64;

export const IO_BASE = READER_BASE + READERS_MAX * READER_OCTETS;
/** What one reader's sockets may use. */
export const IO_OCTETS = 1 << 22;
export const ARENA_BASE = IO_BASE + READERS_MAX * IO_OCTETS;

/**
 * A record, in words: hash | key octets, view, answers, flags | zone, counter group in the upper
 * half | names below | octets of the record | key… | directory… | tails and extras…
 */
export const RECORD_HASH = 0;
export const RECORD_META = 1;
export const RECORD_ZONE = 2;
export const RECORD_CHILDREN = 3;
export const RECORD_OCTETS = 4;
export const RECORD_KEY = 5;

/** Groups that readers count answers by: the labels (server, zone, plugin) that are theirs. */
export const GROUPS_MAX = 16;

/** Flags of a record: the upper eight bits of its meta word. */
/** The chain answers, whatever is asked (and whatever is asked below, if nothing else is there). */
export const FLAG_HAND_OVER = 1 << 24;
/** Types that are not here are the chain's: the owner of a CNAME, a cached name. */
export const FLAG_ABSENT_HANDS_OVER = 1 << 25;
/** Cached: says nothing about names below. */
export const FLAG_NO_ENCLOSER = 1 << 26;
/** Put by itself, not only for what is below: stays when the last name below goes. */
export const FLAG_OWN = 1 << 27;
/** What does not exist below it is the chain's to deny: not all names there are in the table. */
export const FLAG_BELOW_HANDS_OVER = 1 << 28;

/**
 * An entry of a record's directory, in words: type and header octets 2 and 3 | tail offset | tail
 * octets | QDCOUNT and ANCOUNT, NSCOUNT and ARCOUNT as on the wire | offset of the extras, or 0.
 */
export const ENTRY_WORDS = 6;
export const ENTRY_TYPE = 0;
export const ENTRY_TAIL = 1;
export const ENTRY_OCTETS = 2;
export const ENTRY_COUNTS = 3;
export const ENTRY_OTHERS = 4;
export const ENTRY_EXTRAS = 5;

/**
 * Extras, in words: expiry (0: not cached) | rotation: start, octets of one, count | and of a
 * cached answer: when it was said | hits | number of TTLs, kind in the upper half | their offsets…
 */
export const EXTRAS_EXPIRY = 0;
export const EXTRAS_ROTATION = 1;
export const EXTRAS_SAID_AT = 4;
export const EXTRAS_HITS = 5;
export const EXTRAS_TTLS = 6;
export const EXTRAS_TTL_OFFSETS = 7;

/** Kinds of a cached answer, as hits are counted by. */
export const CACHED_NOT = 0;
export const CACHED_SUCCESS = 1;
export const CACHED_DENIAL = 2;
/** Hits are counted up to here: a line that is hot is then no longer written to. */
export const HITS_MAX = 255;
/** An expiry that is over: the entry was forgotten. */
export const EXPIRY_FORGOTTEN = 1;

/** A zone block, in words: complete? | header octets 2 and 3 | denials | their offsets… */
export const ZONE_COMPLETE = 0;
export const ZONE_HEADER = 1;
export const ZONE_DENIALS = 2;
export const ZONE_OFFSETS = 3;
/**
 * A denial: labels of the suffix it is for | octets of the suffix | its offset | tail offset | tail
 * octets | pointers to set | those…: where in the tail << 16 | into the tail? << 15 | how far.
 */
export const DENIAL_LABELS = 0;
export const DENIAL_SUFFIX_OCTETS = 1;
export const DENIAL_SUFFIX = 2;
export const DENIAL_TAIL = 3;
export const DENIAL_OCTETS = 4;
export const DENIAL_POINTERS = 5;
export const DENIAL_FIRST_POINTER = 6;
export const POINTS_INTO_TAIL = 0x8000;

/** In a slot: the name that was here is gone; what was put after it may follow. */
export const TOMBSTONE = 1;

/** A tail that exceeds every message: the reader says TC, also over TCP. */
export const OCTETS_TOO_MANY = 0x7fff0000;

/** Expiries are seconds since then: int32 until 2091. */
export const EXPIRY_ZERO_SECONDS = 1_700_000_000;

/** Word index of a reader's block. */
export function readerWord(reader: number): number {
  return (READER_BASE + reader * READER_OCTETS) >> 2;
}

/** Where a reader's sockets have their memory. */
export function readerIo(reader: number): number {
  return IO_BASE + reader * IO_OCTETS;
}
