/** What the server says of itself, to questions of class CH. */
import { RCODE } from '../../../../libs/dns/iana.ts';
import { lowerName } from '../../../../libs/dns/name.ts';
import type { Plugin } from '../../plugin.ts';
import { emptyResponse } from '../../response.ts';

export interface ChaosOptions {
  readonly version: string;
  readonly authors: readonly string[];
  readonly hostname: string;
}

export function createChaos({ version, authors, hostname }: ChaosOptions): Plugin {
  const texts = new Map<string, readonly string[]>([
    ['version.bind.', [version]],
    ['version.server.', [version]],
    ['authors.bind.', authors],
    ['hostname.bind.', [hostname]],
    ['id.server.', [hostname]],
  ]);
  return {
    name: 'chaos',
    chaos({ name, type }) {
      const found = type === 'TXT' ? texts.get(lowerName(name)) : undefined;
      if (found === undefined) return undefined;
      const answer = found.map((text) => ({ name, type, ttl: 0, rdata: quoted(text) }));
      return { ...emptyResponse(RCODE.NOERROR), answer };
    },
  };
}

/** Presentation form (RFC 1035 § 5.1). */
function quoted(text: string): string {
  const octets = [...new TextEncoder().encode(text)].map((octet) => {
    const character = String.fromCharCode(octet);
    if (octet < 0x20 || octet > 0x7e) return `\\${String(octet).padStart(3, '0')}`;
    return character === '"' || character === '\\' ? `\\${character}` : character;
  });
  return `"${octets.join('')}"`;
}
