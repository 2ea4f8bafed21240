/** A request of DNS over HTTPS (RFC 8484), as far as it is told by its head. */
import { TCP_OCTETS_MAX } from '../dns/message.ts';

/** As CoreDNS has it. */
export const DOH_PATH = '/dns-query';
export const DOH_TYPE = 'application/dns-message';
/** A message is no longer, over whatever stream (RFC 1035 § 4.2.2). */
export const BODY_OCTETS_MAX = TCP_OCTETS_MAX;
const HEADER_OCTETS = 12;

export interface RequestHead {
  readonly method: string;
  /** With what stands behind the `?`. */
  readonly path: string;
  readonly contentType: string | undefined;
  readonly contentLength: string | undefined;
}

export type DohRequest =
  | { readonly kind: 'query'; readonly packet: Uint8Array }
  /** The query is the body. */
  | { readonly kind: 'body' }
  | { readonly kind: 'refused'; readonly status: number };

/** What is asked, or why not: whatever the head says gives a value. */
export function readDohRequest(head: RequestHead): DohRequest {
  const at = head.path.indexOf('?');
  const path = at < 0 ? head.path : head.path.slice(0, at);
  if (path !== DOH_PATH) return refused(404);
  if (head.method === 'POST') return readPost(head);
  if (head.method !== 'GET' && head.method !== 'HEAD') return refused(405);
  const [text, ...more] = new URLSearchParams(at < 0 ? '' : head.path.slice(at)).getAll('dns');
  // Base64url without padding (§ 6).
  if (text === undefined || more.length > 0 || !/^[\w-]*$/.test(text)) return refused(400);
  const packet = Buffer.from(text, 'base64url');
  if (packet.length > BODY_OCTETS_MAX) return refused(413);
  if (text.length % 4 === 1 || !isQuery(packet)) return refused(400);
  return { kind: 'query', packet };
}

/** Of a body that came whole. */
export function readDohBody(packet: Uint8Array): DohRequest {
  return isQuery(packet) ? { kind: 'query', packet } : refused(400);
}

function readPost({ contentType = '', contentLength }: RequestHead): DohRequest {
  const [type = ''] = contentType.split(';', 1);
  if (type.trim().toLowerCase() !== DOH_TYPE) return refused(415);
  return Number(contentLength ?? 0) > BODY_OCTETS_MAX ? refused(413) : { kind: 'body' };
}

/** What is no query gets no response in DNS, so that HTTP must say it. */
function isQuery(packet: Uint8Array): boolean {
  return packet.length >= HEADER_OCTETS && ((packet[2] ?? 0) & 0x80) === 0;
}

function refused(status: number): DohRequest {
  return { kind: 'refused', status };
}
