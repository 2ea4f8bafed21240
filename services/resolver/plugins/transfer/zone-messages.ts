/**
 * A zone as the answer sections of a transfer: whole (RFC 5936 § 2.2), or what changed since the
 * client's serial (RFC 1995 § 4).
 */
import { encode } from '../../../../libs/dns/encode.ts';
import { RCODE } from '../../../../libs/dns/iana.ts';
import { udpLimit } from '../../../../libs/dns/message.ts';
import type { RR } from '../../../../libs/dns/rrset.ts';
import { isLater, serialOf } from '../../../../libs/transfer/serial.ts';
import type { ZoneDifference, ZoneSource } from '../../../../libs/transfer/zone-source.ts';
import type { Query } from '../../query.ts';
import { replyTo } from '../../reply.ts';
import { emptyResponse } from '../../response.ts';

/** What a response is: the zone, its changes, or that its SOA says all. */
export type Kind = 'axfr' | 'ixfr' | 'current';

export interface Transfer {
  readonly kind: Kind;
  /** At least one. */
  readonly messages: Iterator<readonly RR[]>;
}

/**
 * Octets of a message before its names are compressed, which makes a third of them: one message a
 * turn of the event loop takes a few milliseconds, and no pointer misses the 16 KiB that it can
 * reach by much.
 */
const PLAIN_OCTETS_MAX = 48 * 1024;
/** Type, class, TTL and length; and what is longer on the wire than as text: `::` is 16 octets. */
const RR_OCTETS_MORE = 32;
/** A TSIG with the longest names and MAC there are is larger; who has such a key uses TCP. */
const UDP_TSIG_OCTETS = 160;
/** Records that could fit into a UDP response: 1232 octets of the smallest, 16 each. */
const UDP_RECORDS_MAX = 77;

export function wholeZone(source: ZoneSource, soa: RR): Transfer {
  return { kind: 'axfr', messages: messagesOf(wholeRecords(source.records(), soa)) };
}

/** To a client that has `serial`. */
export async function changesOf(
  source: ZoneSource,
  soa: RR,
  serial: number,
  query: Query,
): Promise<Transfer> {
  const current: Transfer = { kind: 'current', messages: [[soa]].values() };
  if (serial === serialOf(soa) || isLater(serial, serialOf(soa))) return current;
  const differences =
    source.differencesSince(serial) ?? (await source.differencesFromLog?.(serial));
  if (query.client.transport === 'udp') {
    // RFC 1995 § 2: what does not fit is told by the SOA, and the client comes over TCP.
    const records = differences === undefined ? [] : changedRecords(differences, soa);
    return fits(records, query) ? { kind: 'ixfr', messages: [records].values() } : current;
  }
  if (differences === undefined) return wholeZone(source, source.soa() ?? soa);
  return { kind: 'ixfr', messages: messagesOf(changedRecords(differences, soa)) };
}

function* wholeRecords(records: Iterable<RR>, soa: RR): Iterable<RR> {
  yield soa;
  yield* records;
  yield soa;
}

/** The zone may have gone on while its log was read: what the changes lead to is the SOA now. */
function changedRecords(differences: readonly ZoneDifference[], before: RR): readonly RR[] {
  const soa = differences.at(-1)?.to ?? before;
  const changes = differences.flatMap(({ from, to, removed, added }) => [
    from,
    ...removed,
    to,
    ...added,
  ]);
  return [soa, ...changes, soa];
}

function* messagesOf(records: Iterable<RR>): Generator<readonly RR[]> {
  let message: RR[] = [];
  let octets = 0;
  for (const record of records) {
    const more = record.name.length + record.rdata.length + RR_OCTETS_MORE;
    if (octets + more > PLAIN_OCTETS_MAX && message.length > 0) {
      yield message;
      message = [];
      octets = 0;
    }
    message.push(record);
    octets += more;
  }
  yield message;
}

function fits(answer: readonly RR[], { message, signedBy }: Query): boolean {
  if (answer.length === 0 || answer.length > UDP_RECORDS_MAX) return false;
  const response = { ...emptyResponse(RCODE.NOERROR), answer };
  const octets = encode(replyTo(message, response, false)).length;
  return octets + (signedBy === undefined ? 0 : UDP_TSIG_OCTETS) <= udpLimit(message);
}
