/**
 * Queries that are encrypted are made of few sizes, so that who watches the line does not know the
 * name by its length (RFC 7830, RFC 8467 § 4.1). Servers that pad do so when the query does.
 */
import { encode } from '../dns/encode.ts';
import type { Message } from '../dns/message.ts';

export const OPTION_PADDING = 12;
/** What RFC 8467 § 4.1 recommends for queries. */
const BLOCK_OCTETS = 128;
const OPTION_HEADER_OCTETS = 4;

/** The query, as long as the next multiple of the block. One without EDNS stays as it is. */
export function padded(query: Message): Message {
  const { edns } = query;
  if (edns === undefined) return query;
  const octets = encode(query).length + OPTION_HEADER_OCTETS;
  const rest = octets % BLOCK_OCTETS;
  const padding = { code: OPTION_PADDING, data: new Uint8Array(rest && BLOCK_OCTETS - rest) };
  return { ...query, edns: { ...edns, options: [...edns.options, padding] } };
}
