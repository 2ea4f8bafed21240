/** IP addresses between text (RFC 5952 for IPv6) and octets, and the names that reverse them. */

const DOT = 0x2e;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;

/** Four octets of dotted-decimal text; undefined when it is no IPv4 address. */
export function ipv4Octets(text: string): Uint8Array | undefined {
  const octets = new Uint8Array(4);
  let place = 0;
  let octet = -1; // no digit of it was there yet
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === DOT) {
      if (octet < 0 || place === 3) return undefined;
      octets[place++] = octet;
      octet = -1;
      continue;
    }
    if (code < DIGIT_0 || code > DIGIT_9 || octet === 0) return undefined; // none begins with 0
    octet = (octet < 0 ? 0 : 10 * octet) + code - DIGIT_0;
    if (octet > 255) return undefined;
  }
  if (octet < 0 || place < 3) return undefined;
  octets[3] = octet;
  return octets;
}

/**
 * Sixteen octets of IPv6 text, also with a dotted-decimal end; undefined when it is no IPv6
 * address.
 */
export function ipv6Octets(text: string): Uint8Array | undefined {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  if (dotted !== null) {
    const low = ipv4Octets(dotted[2] ?? '');
    if (low === undefined) return undefined;
    const [a = 0, b = 0, c = 0, d = 0] = low;
    return ipv6Octets(`${dotted[1]}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`);
  }
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const groupsOf = (half: string | undefined) =>
    half === undefined || half === '' ? [] : half.split(':');
  const head = groupsOf(halves[0]);
  const tail = groupsOf(halves[1]);
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const octets = new Uint8Array(16);
  const groups = [...head, ...new Array<string>(missing).fill('0'), ...tail];
  for (const [i, group] of groups.entries()) {
    if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return undefined;
    const value = Number.parseInt(group, 16);
    octets[2 * i] = value >> 8;
    octets[2 * i + 1] = value & 0xff;
  }
  return octets;
}

/** Text of 4 or 16 octets, in the one form that RFC 5952 recommends. */
export function addressText(octets: Uint8Array): string {
  if (octets.length === 4) return `${octets[0]}.${octets[1]}.${octets[2]}.${octets[3]}`;
  const groups = Array.from(
    { length: 8 },
    (_, i) => ((octets[2 * i] ?? 0) << 8) | (octets[2 * i + 1] ?? 0),
  );
  let start = -1;
  let longest = 1; // a single zero group is not shortened (RFC 5952 § 4.2.2)
  for (let i = 0; i < 8; i++) {
    let run = 0;
    while (i + run < 8 && groups[i + run] === 0) run++;
    if (run > longest) [start, longest] = [i, run];
  }
  const text = (some: readonly number[]) => some.map((group) => group.toString(16)).join(':');
  return start < 0
    ? text(groups)
    : `${text(groups.slice(0, start))}::${text(groups.slice(start + longest))}`;
}

/** The canonical text and family of an address; undefined when it is none. */
export function parseAddress(
  text: string,
): { readonly type: 'A' | 'AAAA'; readonly text: string } | undefined {
  const octets = ipv4Octets(text) ?? (text.includes(':') ? ipv6Octets(text) : undefined);
  if (octets === undefined) return undefined;
  return { type: octets.length === 4 ? 'A' : 'AAAA', text: addressText(octets) };
}

/**
 * The name under in-addr.arpa or ip6.arpa (RFC 1035 § 3.5, RFC 3596 § 2.5) of a canonical address.
 */
export function reverseName(address: string): string {
  const ipv4 = ipv4Octets(address);
  if (ipv4 !== undefined) {
    const [a, b, c, d] = ipv4;
    return `${d}.${c}.${b}.${a}.in-addr.arpa.`;
  }
  const nibbles = [...(ipv6Octets(address) ?? [])].flatMap((octet) => [octet >> 4, octet & 15]);
  return `${nibbles
    .reverse()
    .map((nibble) => nibble.toString(16))
    .join('.')}.ip6.arpa.`;
}

/**
 * The canonical address that a lower-case reverse name stands for; undefined for any other name,
 * also a partial one.
 */
export function addressOfReverseName(name: string): string | undefined {
  if (name.endsWith('.in-addr.arpa.')) {
    const octets = ipv4Octets(
      name.slice(0, -'.in-addr.arpa.'.length).split('.').reverse().join('.'),
    );
    return octets === undefined ? undefined : addressText(octets);
  }
  if (!name.endsWith('.ip6.arpa.')) return undefined;
  const nibbles = name.slice(0, -'.ip6.arpa.'.length).split('.').reverse();
  if (nibbles.length !== 32 || !nibbles.every((nibble) => /^[0-9a-f]$/.test(nibble)))
    return undefined;
  return addressText(
    Uint8Array.from({ length: 16 }, (_, i) =>
      Number.parseInt(`${nibbles[2 * i]}${nibbles[2 * i + 1]}`, 16),
    ),
  );
}
