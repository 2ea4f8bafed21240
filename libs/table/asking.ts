/**
 * For tests: a table filled from zone-file text, a reader that asks it, and what the chain says.
 */

import { ipv4Octets, ipv6Octets } from '../dns/address.ts';
import { cookieOf, replyToCookie } from '../dns/cookie-reply.ts';
import { encode } from '../dns/encode.ts';
import { RCODE } from '../dns/iana.ts';
import {
  type Edns,
  type EdnsOption,
  type Message,
  NO_FLAGS,
  queryMessage,
  UDP_OCTETS_MAX,
  udpLimit,
} from '../dns/message.ts';
import { isWithin, lowerName } from '../dns/name.ts';
import { parseRecord } from '../dns/presentation.ts';
import type { RR } from '../dns/rrset.ts';
import { putSecrets, SECRET_OCTETS, SECRETS_WORDS, ServerCookies } from '../dns/server-cookie.ts';
import { createAnswerer } from './answerer.ts';
import { setCookieSecrets } from './cookie-secrets.ts';
import { IO_OCTETS, readerIo } from './layout.ts';
import type { TableZone } from './table-answer.ts';
import type { TableWriter } from './table-writer.ts';

export const NOW_SECONDS = 1_790_000_000;
/** Who asks; its octets are at the end of what a reader's sockets may use. */
const CLIENT = '192.0.2.7';
const SECRET = Uint8Array.from({ length: SECRET_OCTETS }, (_, i) => i);

/** A query for `Name. TYPE`. */
export function query(question: string, rest: Partial<Message> = {}): Message {
  const [name = '.', type = 'A'] = question.split(' ');
  return queryMessage(name, type, { id: 0x2a17, ...rest });
}

export function edns(udpSize: number, rest: Partial<Edns> = {}): Edns {
  return { udpSize, version: 0, dnssecOk: false, options: [], ...rest };
}

/** Records, a line each; blank lines and comments are left out. */
export function records(text: string): readonly RR[] {
  return text
    .split('\n')
    .map((line) => line.replace(/;.*/, '').trim())
    .filter((line) => line !== '')
    .map(parseRecord);
}

/** Puts each name of the text with its types; the first record is the SOA that denies. */
export function loadZone(
  table: TableWriter,
  id: number,
  text: string,
  complete = true,
  view = 0,
): TableZone {
  const all = records(text);
  const [soa] = all;
  if (soa === undefined) throw new RangeError('Cannot load a zone: no SOA; expected it first');
  const zone: TableZone = { apex: soa.name, soa, complete };
  table.setZone(id, zone);
  for (const [name, rrs] of Map.groupBy(all, (rr) => rr.name)) {
    const types = Map.groupBy(rrs, (rr) => rr.type);
    const answers = [...types].map(([type, answer]) => ({ type, ...positive(answer, all) }));
    table.put(name, view, id, answers);
  }
  return zone;
}

function positive(answer: readonly RR[], all: readonly RR[]) {
  const targets = answer.flatMap(({ type, rdata }) => (type === 'SRV' ? rdata.split(' ')[3] : []));
  const additional = all.filter(({ name, type }) => type === 'A' && targets.includes(name));
  return { authoritative: true, answer, authority: [], additional };
}

/** What the chain says of such a zone: the specification that the table must equal. */
export function expected(
  zone: TableZone,
  text: string,
  asked: Message,
  limit?: number,
): Uint8Array {
  const all = records(text);
  const name = lowerName(asked.question?.name ?? '');
  const answer = all.filter((rr) => rr.name === name && rr.type === asked.question?.type);
  const exists = all.some((rr) => isWithin(rr.name, name));
  const found =
    answer.length > 0
      ? { ...positive(answer, all), rcode: RCODE.NOERROR }
      : {
          answer: [],
          authority: [zone.soa],
          additional: [],
          rcode: exists ? RCODE.NOERROR : RCODE.NXDOMAIN,
        };
  const { recursionDesired, checkingDisabled } = asked.flags;
  return encode(
    {
      ...asked,
      rcode: found.rcode,
      flags: {
        ...NO_FLAGS,
        response: true,
        authoritative: true,
        recursionDesired,
        checkingDisabled,
      },
      answer: found.answer,
      authority: found.authority,
      additional: found.additional,
      edns: replyEdns(asked),
    },
    limit ?? udpLimit(asked),
  );
}

/** The OPT that the chain gives. */
export function replyEdns(asked: Message): Edns | undefined {
  if (asked.edns === undefined) return undefined;
  return edns(UDP_OCTETS_MAX, { dnssecOk: asked.edns.dnssecOk, options: cookieFor(asked) });
}

function cookieFor(asked: Message): readonly EdnsOption[] {
  const cookie = cookieOf(asked);
  if (cookie === undefined) return [];
  const words = new Int32Array(SECRETS_WORDS);
  putSecrets(words, 0, [SECRET]);
  const client = addressOctets(CLIENT);
  return [replyToCookie(new ServerCookies(words, 0), cookie, client, NOW_SECONDS).option];
}

function addressOctets(text: string): Uint8Array {
  const octets = ipv4Octets(text) ?? ipv6Octets(text);
  if (octets === undefined) throw new RangeError(`Cannot ask from "${text}": it is no address`);
  return octets;
}

/** Gives the response; or DROP, or HAND_OVER. */
export type Asking = (
  packet: Uint8Array,
  view?: number,
  nowSeconds?: number,
  client?: string,
) => Uint8Array | number;

/** A reader of the table. What stands behind the packet is filled with what must never be read. */
export function asking(
  table: TableWriter,
  { reader = 0, transport = 'udp', filler = 0xc0 }: AskingOptions = {},
): Asking {
  const answerer = createAnswerer(table.memory, reader, { transport });
  const bytes = new Uint8Array(table.memory);
  setCookieSecrets(table.memory, [SECRET]);
  const address = readerIo(reader) + IO_OCTETS - 16;
  const at = readerIo(reader);
  const room = transport === 'udp' ? 2048 : 66_000;
  return (packet, view = 0, nowSeconds = NOW_SECONDS, client = CLIENT) => {
    const place = addressOctets(client);
    bytes.set(place, address);
    bytes.fill(filler, at, at + room);
    bytes.set(packet, at);
    const octets = answerer.answer(
      at,
      packet.length,
      view,
      nowSeconds,
      address + (place.length === 16 ? 1 : 0),
    );
    answerer.counter.endBatch(0);
    return octets > 0 ? bytes.slice(at, at + octets) : octets;
  };
}

export interface AskingOptions {
  readonly reader?: number;
  readonly transport?: 'udp' | 'tcp';
  readonly filler?: number;
}
