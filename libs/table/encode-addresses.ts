/**
 * The short way for what most names have: addresses of the name asked, and nothing else. Records of
 * one size, each a pointer to the question; five times as fast as the codec, whose octets they are.
 */
import { ipv4Octets, ipv6Octets } from '../dns/address.ts';
import { CLASS_IN } from '../dns/iana.ts';
import type { TableAnswer } from './table-answer.ts';

/** Pointer to the name asked, type, class, TTL, length. */
const FIXED_OCTETS = 12;
const HEADER_OCTETS = 12;

/** The tail; undefined for answers that the codec must write. */
export function encodeAddresses(
  name: string,
  type: number,
  { type: mnemonic, answer, authority, additional }: TableAnswer,
): Uint8Array | undefined {
  if (mnemonic !== 'A' && mnemonic !== 'AAAA') return undefined;
  if (authority.length > 0 || additional.length > 0 || name === '.') return undefined;
  const rdataOctets = mnemonic === 'A' ? 4 : 16;
  const tail = new Uint8Array(answer.length * (FIXED_OCTETS + rdataOctets));
  let at = 0;
  for (const { name: owner, type: other, ttl, rdata } of answer) {
    if (owner !== name || other !== mnemonic) return undefined;
    const octets = mnemonic === 'A' ? ipv4Octets(rdata) : ipv6Octets(rdata);
    if (octets === undefined) return undefined;
    tail[at] = 0xc0;
    tail[at + 1] = HEADER_OCTETS;
    tail[at + 3] = type;
    tail[at + 5] = CLASS_IN;
    tail[at + 6] = ttl >>> 24;
    tail[at + 7] = ttl >>> 16;
    tail[at + 8] = ttl >>> 8;
    tail[at + 9] = ttl;
    tail[at + 11] = rdataOctets;
    tail.set(octets, at + FIXED_OCTETS);
    at += FIXED_OCTETS + rdataOctets;
  }
  return tail;
}
