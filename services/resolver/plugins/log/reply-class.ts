/** What kind of reply a client got, in CoreDNS's words. */
import { RCODE } from '../../../../libs/dns/iana.ts';
import type { Message } from '../../../../libs/dns/message.ts';

export const REPLY_CLASSES = ['success', 'denial', 'error'] as const;
export type ReplyClass = (typeof REPLY_CLASSES)[number];

const CLASS_OF = {
  NOERROR: 'success',
  DELEGATION: 'success',
  META: 'success',
  NODATA: 'denial',
  NXDOMAIN: 'denial',
  SERVERERROR: 'error',
  OTHERERROR: 'error',
} as const;

export function classOf(reply: Message): ReplyClass {
  return CLASS_OF[typeOf(reply)];
}

/** NODATA is NOERROR with the zone's SOA and no answer (RFC 2308 § 2.2). */
export function typeOf({ rcode, question, answer, authority }: Message): keyof typeof CLASS_OF {
  if (rcode === RCODE.NXDOMAIN) return 'NXDOMAIN';
  if (rcode === RCODE.SERVFAIL || rcode === RCODE.NOTIMP) return 'SERVERERROR';
  if (rcode !== RCODE.NOERROR) return 'OTHERERROR';
  if (question?.type === 'AXFR' || question?.type === 'IXFR') return 'META';
  if (answer.length > 0) return 'NOERROR';
  if (authority.some(({ type }) => type === 'SOA')) return 'NODATA';
  return authority.some(({ type }) => type === 'NS') ? 'DELEGATION' : 'NOERROR';
}
