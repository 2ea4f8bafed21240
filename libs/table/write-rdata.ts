/**
 * Rdata of plain text, straight to octets. What is not as we write it ourselves is refused, and the
 * codec then reads it, or says what is wrong with it.
 */

import { REFUSED } from './plain-name.ts';

/** Dotted decimal; where it ends, or REFUSED. */
export function writeIpv4(text: string, bytes: Uint8Array, at: number): number {
  let value = 0;
  let digits = 0;
  let octets = 0;
  const end = text.length;
  for (let i = 0; i <= end; i++) {
    const code = i === end ? 0x2e : text.charCodeAt(i);
    if (code === 0x2e) {
      if (digits === 0 || value > 255 || octets === 4) return REFUSED;
      bytes[at + octets++] = value;
      value = 0;
      digits = 0;
      continue;
    }
    const digit = code - 0x30;
    if (digit < 0 || digit > 9 || (digits > 0 && value === 0)) return REFUSED;
    value = value * 10 + digit;
    if (++digits > 3) return REFUSED;
  }
  return octets === 4 ? at + 4 : REFUSED;
}

/** Groups of hexadecimal digits with at most one `::`; where it ends, or REFUSED. */
export function writeIpv6(text: string, bytes: Uint8Array, at: number): number {
  const end = text.length;
  let groups = 0;
  let gap = -1;
  let i = 0;
  if (text.charCodeAt(0) === 0x3a) {
    if (text.charCodeAt(1) !== 0x3a) return REFUSED;
    gap = 0;
    i = 2;
  }
  while (i < end) {
    let value = 0;
    let digits = 0;
    for (; i < end && text.charCodeAt(i) !== 0x3a; i++) {
      const digit = hexDigit(text.charCodeAt(i));
      if (digit < 0 || ++digits > 4) return REFUSED;
      value = (value << 4) | digit;
    }
    if (digits === 0 || groups === 8) return REFUSED;
    bytes[at + 2 * groups] = value >> 8;
    bytes[at + 2 * groups + 1] = value & 0xff;
    groups++;
    if (i === end) break;
    if (++i === end) return REFUSED; // ends with one colon
    if (text.charCodeAt(i) !== 0x3a) continue;
    if (gap >= 0) return REFUSED;
    gap = groups;
    i++;
  }
  if (gap < 0) return groups === 8 ? at + 16 : REFUSED;
  if (groups === 8) return REFUSED;
  const missing = 2 * (8 - groups);
  for (let k = 2 * groups - 1; k >= 2 * gap; k--) bytes[at + k + missing] = bytes[at + k] ?? 0;
  for (let k = 0; k < missing; k++) bytes[at + 2 * gap + k] = 0;
  return at + 16;
}

/**
 * The numbers before a SRV's target, each below 2^16 and followed by one blank; where the target
 * begins in the text, or REFUSED.
 */
export function writeSrvNumbers(text: string, bytes: Uint8Array, at: number): number {
  let i = 0;
  for (let field = 0; field < 3; field++) {
    let value = 0;
    const start = i;
    for (; text.charCodeAt(i) !== 0x20; i++) {
      const digit = text.charCodeAt(i) - 0x30;
      if (!(digit >= 0 && digit <= 9)) return REFUSED;
      value = value * 10 + digit;
      if (value > 0xffff) return REFUSED;
    }
    if (i === start) return REFUSED;
    bytes[at + 2 * field] = value >> 8;
    bytes[at + 2 * field + 1] = value & 0xff;
    i++;
  }
  return i;
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
