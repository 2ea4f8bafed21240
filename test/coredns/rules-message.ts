/** Differences in how it is said: header, EDNS, size, case. */
import { cookieOf } from '../../libs/dns/cookie-reply.ts';
import { encode } from '../../libs/dns/encode.ts';
import { CLASS_IN, OPCODE, RCODE } from '../../libs/dns/iana.ts';
import type { Message } from '../../libs/dns/message.ts';
import { UDP_OCTETS_MAX, udpLimit } from '../../libs/dns/message.ts';
import { lowerName } from '../../libs/dns/name.ts';
import { formatRecord } from '../../libs/dns/presentation.ts';
import type { RR } from '../../libs/dns/rrset.ts';
import { OPTION_COOKIE } from '../../libs/dns/server-cookie.ts';
import type { Asked } from './questions.ts';
import type { Rule } from './rule.ts';

export const MESSAGE_RULES: readonly Rule[] = [
  {
    name: 'recursion is available where the block forwards',
    rfc: 'RFC 1035 § 4.1.1',
    mend: ({ theirs, zone, variant }) =>
      variant.forward &&
      zone !== undefined &&
      (theirs.flags.authoritative || theirs.rcode === RCODE.REFUSED)
        ? { ...theirs, flags: { ...theirs.flags, recursionAvailable: true } }
        : undefined,
  },
  {
    name: 'other classes than IN are not served, whoever forwards',
    rfc: 'RFC 1035 § 4.1.1',
    mend: ({ theirs, question }) =>
      question.class === CLASS_IN || question.opcode !== OPCODE.QUERY
        ? undefined
        : bare(theirs, RCODE.REFUSED),
  },
  {
    name: 'an unknown version of EDNS is told before all else',
    rfc: 'RFC 6891 § 6.1.3',
    mend: ({ theirs, question }) =>
      question.opcode === OPCODE.QUERY && (question.edns?.version ?? 0) !== 0
        ? bare(theirs, RCODE.BADVERS)
        : undefined,
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
    name: 'a COOKIE is answered with the client cookie and one of the server',
    rfc: 'RFC 7873 § 5.2',
    mend: ({ theirs, ours, question }) => {
      const asked = question.edns?.version === 0 ? cookieOf(question) : undefined;
      const said = cookieOf(ours);
      if (theirs.edns === undefined || asked === undefined || said?.length !== 24) return undefined;
      if (!said.subarray(0, 8).every((octet, i) => octet === asked[i])) return undefined;
      const cookie = { code: OPTION_COOKIE, data: said };
      return { ...theirs, edns: { ...theirs.edns, options: [cookie, ...theirs.edns.options] } };
    },
  },
  {
    name: 'what does not fit is left out, all of it',
    rfc: 'RFC 2181 § 9',
    mend: ({ theirs, ours }) =>
      theirs.flags.truncated && ours.flags.truncated ? withoutRecords(theirs) : undefined,
  },
  {
    name: 'the case of names that were not asked for means nothing',
    rfc: 'RFC 4343 § 4.1',
    mend: ({ theirs, ours, name }) => ({
      ...theirs,
      answer: inCaseOf(theirs.answer, ours.answer, name),
      authority: inCaseOf(theirs.authority, ours.authority),
      additional: inCaseOf(theirs.additional, ours.additional),
    }),
  },
  {
    name: 'nothing over UDP is so large that it is cut into pieces on the way',
    rfc: 'RFC 9715 § 3',
    mend: ({ theirs, question }) =>
      question.transport === 'udp' && encode(theirs).length > udpLimit(question)
        ? withoutRecords(theirs)
        : undefined,
  },
];

function bare(theirs: Message, rcode: number): Message {
  const flags = { ...theirs.flags, authoritative: false, recursionAvailable: false };
  return { ...theirs, rcode, flags, answer: [], authority: [], additional: [] };
}

function withoutRecords(theirs: Message): Message {
  const flags = { ...theirs.flags, truncated: true };
  return { ...theirs, flags, answer: [], authority: [], additional: [] };
}

/** Of other operations not even the question is read. */
function notImplemented(theirs: Message, asked: Asked): Message {
  const { recursionDesired, checkingDisabled } = asked;
  const reply = bare(theirs, RCODE.NOTIMP);
  const flags = { ...reply.flags, recursionDesired, checkingDisabled };
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

/** Their records as we wrote them, where only case differs; not the name that was `asked`. */
function inCaseOf(theirs: readonly RR[], ours: readonly RR[], asked?: string): readonly RR[] {
  const key = (record: RR) => {
    const { name } = record;
    const owner = lowerName(name) === asked ? name : lowerName(name);
    return formatRecord({ ...record, name: owner, rdata: lowerName(record.rdata) });
  };
  const written = new Map(ours.map((record) => [key(record), record]));
  return theirs.map((record) => written.get(key(record)) ?? record);
}
