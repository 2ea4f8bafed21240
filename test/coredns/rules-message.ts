/** Differences in how it is said: header, EDNS, size, case. */
import { CLASS_IN, OPCODE, RCODE } from '../../libs/dns/iana.ts';
import type { Message } from '../../libs/dns/message.ts';
import { UDP_OCTETS_MAX } from '../../libs/dns/message.ts';
import { lowerName } from '../../libs/dns/name.ts';
import { formatRecord } from '../../libs/dns/presentation.ts';
import type { RR } from '../../libs/dns/rrset.ts';
import type { Asked } from './questions.ts';
import type { Rule } from './rule.ts';

export const MESSAGE_RULES: readonly Rule[] = [
  {
    name: 'recursion is available where the block forwards',
    rfc: 'RFC 1035 § 4.1.1',
    mend: ({ theirs, zone, forward }) =>
      forward &&
      zone !== undefined &&
      (theirs.flags.authoritative || theirs.rcode === RCODE.REFUSED)
        ? { ...theirs, flags: { ...theirs.flags, recursionAvailable: true } }
        : undefined,
  },
  {
    name: 'other classes than IN are not served, whoever forwards',
    rfc: 'RFC 1035 § 4.1.1',
    mend: ({ theirs, question }) =>
      question.class === CLASS_IN || question.opcode !== OPCODE.QUERY || isBadVersion(theirs)
        ? undefined
        : bare(theirs, RCODE.REFUSED),
  },
  {
    name: 'NOTIFY is no query',
    rfc: 'RFC 1996 § 3.11',
    mend: ({ theirs, question }) =>
      question.opcode === OPCODE.NOTIFY ? notImplemented(theirs, question) : undefined,
  },
  {
    name: 'AD says that data was authenticated, and nothing else',
    rfc: 'RFC 6840 § 5.8',
    mend: ({ theirs, question }) =>
      question.opcode === OPCODE.QUERY
        ? undefined
        : { ...theirs, flags: { ...theirs.flags, authenticData: false } },
  },
  {
    name: 'DO is copied, whatever is wrong',
    rfc: 'RFC 3225 § 3',
    mend: ({ theirs, question }) =>
      theirs.edns === undefined
        ? undefined
        : {
            ...theirs,
            edns: { ...theirs.edns, dnssecOk: question.edns?.dnssecOk ?? false },
          },
  },
  {
    name: 'a SOA serial that all resolvers agree on',
    rfc: 'RFC 1034 § 4.3.5',
    mend: ({ theirs, ours }) => withSerialOf(theirs, ours),
  },
  {
    name: 'the UDP size in OPT is the sender’s own',
    rfc: 'RFC 6891 § 6.2.3',
    mend: ({ theirs }) =>
      theirs.edns === undefined
        ? undefined
        : { ...theirs, edns: { ...theirs.edns, udpSize: UDP_OCTETS_MAX } },
  },
  {
    name: 'the case of names that were not asked for means nothing',
    rfc: 'RFC 4343 § 4.1',
    mend: ({ theirs, ours }) => ({
      ...theirs,
      answer: inCaseOf(theirs.answer, ours.answer, 'rdata'),
      authority: inCaseOf(theirs.authority, ours.authority, 'rdata'),
      additional: inCaseOf(theirs.additional, ours.additional, 'all'),
    }),
  },
];

function isBadVersion({ rcode }: Message): boolean {
  return rcode === RCODE.BADVERS;
}

function bare(theirs: Message, rcode: number): Message {
  const flags = { ...theirs.flags, authoritative: false, recursionAvailable: false };
  return { ...theirs, rcode, flags, answer: [], authority: [], additional: [] };
}

/** Of other operations not even the question is read. */
function notImplemented(theirs: Message, { recursionDesired }: Asked): Message {
  const reply = bare(theirs, RCODE.NOTIMP);
  const flags = { ...reply.flags, recursionDesired };
  return { ...reply, flags, question: undefined, edns: undefined };
}

/** The serial is the third word of a SOA: CoreDNS's is the clock's. */
function withSerialOf(theirs: Message, ours: Message): Message | undefined {
  const soa = [...ours.answer, ...ours.authority].find(({ type }) => type === 'SOA');
  const serial = soa?.rdata.split(' ')[2];
  if (serial === undefined) return undefined;
  const changed = (record: RR): RR => {
    if (record.type !== 'SOA') return record;
    return { ...record, rdata: record.rdata.split(' ').with(2, serial).join(' ') };
  };
  return {
    ...theirs,
    answer: theirs.answer.map(changed),
    authority: theirs.authority.map(changed),
  };
}

/** Their records as we wrote them, where case is all that differs. */
function inCaseOf(theirs: readonly RR[], ours: readonly RR[], what: 'rdata' | 'all') {
  const key = (record: RR) =>
    what === 'all'
      ? lowerName(formatRecord(record))
      : formatRecord({ ...record, rdata: lowerName(record.rdata) });
  const written = new Map(ours.map((record) => [key(record), record]));
  return theirs.map((record) => written.get(key(record)) ?? record);
}
