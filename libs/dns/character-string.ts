/** Octets as text of a zone file (RFC 1035 § 5.1): in quotes, with escapes. */

/** The octets of text in quotes or without, its escapes resolved; undefined beyond ASCII. */
export function textOctets(text: string): Uint8Array | undefined {
  const bare = text.startsWith('"') ? text.slice(1, -1) : text;
  const octets: number[] = [];
  for (const [all, decimal, escaped] of bare.matchAll(/\\(\d{3})|\\(.)|[^\\]/gs)) {
    octets.push(decimal !== undefined ? Number(decimal) : (escaped ?? all).charCodeAt(0));
  }
  return octets.some((octet) => octet > 255) ? undefined : Uint8Array.from(octets);
}

/** In quotes; what is not printable is escaped. */
export function quoted(octets: Uint8Array): string {
  let text = '';
  for (const octet of octets) {
    if (octet < 0x20 || octet >= 0x7f) text += `\\${String(octet).padStart(3, '0')}`;
    else
      text +=
        octet === 0x22 || octet === 0x5c
          ? `\\${String.fromCharCode(octet)}`
          : String.fromCharCode(octet);
  }
  return `"${text}"`;
}
