/** Differences in how it is said, whatever plugin says it. */
import { CLASS_IN, RCODE } from '../../../libs/dns/iana.ts';
import { type Message, OPTION_EDE, OPTION_NSID } from '../../../libs/dns/message.ts';
import { lowerName } from '../../../libs/dns/name.ts';
import { formatRecord } from '../../../libs/dns/presentation.ts';
import type { RR } from '../../../libs/dns/rrset.ts';
import type { Asked } from '../questions.ts';
import type { BlockRule } from './given.ts';
import { has, isEmpty, isNoAddress, once } from './given.ts';

export const MESSAGE_RULES: readonly BlockRule[] = [
  {
    name: 'what no plugin answers is refused, not failed at',
    rfc: 'RFC 1035 § 4.1.1',
    mend: (theirs, { own, block }) =>
      own.rcode === RCODE.REFUSED && isUnanswered(theirs, block)
        ? { ...theirs, rcode: RCODE.REFUSED }
        : undefined,
  },
  {
    name: 'header: it changes what has no answer, too',
    rfc: 'the README of header',
    // CoreDNS writes these above its chain; what acl says is above header, and has an error.
    mend: (theirs, { asked, block, own }) => {
      const isFailure = theirs.rcode === RCODE.SERVFAIL || theirs.rcode === RCODE.REFUSED;
      const isOfServer = isFailure && isEmpty(theirs) && !theirs.flags.recursionAvailable;
      // Who speaks no EDNS is not told which of them it was.
      const isHidden = asked.edns === undefined && has(block, 'acl');
      const changed = withHeader(theirs, block)?.flags ?? theirs.flags;
      const isOfAcl = isHidden
        ? changed.authoritative !== own.flags.authoritative
        : theirs.edns?.options.some(({ code }) => code === OPTION_EDE);
      const isThrown = isNoAddress(asked, block);
      return isOfServer && !isOfAcl && !isThrown ? withHeader(theirs, block) : undefined;
    },
  },
  {
    name: 'other classes than IN are not served, whoever forwards',
    rfc: 'RFC 1035 § 4.1.1',
    mend: (theirs, { asked, block }) =>
      asked.class !== CLASS_IN && !has(block, 'chaos') ? refused(theirs, asked) : undefined,
  },
  {
    name: 'recursion is available where the block forwards',
    rfc: 'RFC 1035 § 4.1.1',
    mend: (theirs, { asked, block, own }) =>
      has(block, 'forward') &&
      (asked.class === CLASS_IN || has(block, 'chaos')) &&
      !(has(block, 'response', 'ra') && !own.flags.recursionAvailable)
        ? { ...theirs, flags: { ...theirs.flags, recursionAvailable: true } }
        : undefined,
  },
  {
    name: 'OPT is for who sent one',
    rfc: 'RFC 6891 § 6.1.1',
    mend: (theirs, { asked, block }) =>
      asked.edns === undefined && makesOpt(block) ? { ...theirs, edns: undefined } : undefined,
  },
  {
    name: 'DO is copied, whoever made the OPT',
    rfc: 'RFC 3225 § 3',
    mend: (theirs, { asked, block }) =>
      theirs.edns && asked.edns && (has(block, 'acl') || has(block, 'nsid'))
        ? { ...theirs, edns: { ...theirs.edns, dnssecOk: asked.edns.dnssecOk } }
        : undefined,
  },
  {
    name: 'errors tell who said them, too',
    rfc: 'RFC 5001 § 2.1',
    mend: (theirs, { asked, block, own }) => withNsid(theirs, asked.edns?.options, block, own),
  },
  {
    name: 'forward: what is cut denies nothing',
    rfc: 'RFC 2181 § 9',
    // CoreDNS takes it for NODATA, and asks the next one.
    mend: (theirs, { block, own }) =>
      has(block, 'next_on_nodata') &&
      own.flags.truncated &&
      theirs.answer.every(({ rdata }) => rdata === '198.51.100.1')
        ? { ...theirs, flags: { ...theirs.flags, truncated: true }, answer: [] }
        : undefined,
  },
  {
    name: 'a client without EDNS gets 512 octets over UDP',
    rfc: 'RFC 1035 § 4.2.1',
    // `rewrite edns0` gives the query an OPT of 4096, which CoreDNS then takes for the client's.
    mend: (theirs, { asked, block, octets }) =>
      asked.edns === undefined &&
      asked.transport === 'udp' &&
      octets > 512 &&
      has(block, 'rewrite', 'edns0')
        ? {
            ...theirs,
            flags: { ...theirs.flags, truncated: true },
            answer: [],
            authority: [],
            additional: [],
          }
        : undefined,
  },
  {
    name: 'the question is the client’s',
    rfc: 'RFC 1035 § 4.1.1',
    // CoreDNS has that of `rewrite` where dns64 asks again, and the last name of `autopath`.
    mend: (theirs, { asked: { name, type }, block, walk, own }) => {
      const isRewritten = has(block, 'dns64') && has(block, 'rewrite');
      const { question } = theirs;
      if (!question || !(isRewritten || walk.length > 0)) return undefined;
      const said = { ...theirs, question: { ...question, name, type } };
      // The names of the answer are not changed back either.
      const isLost = isRewritten && lowerName(question.name) !== lowerName(name);
      return isLost ? withNamesOf(own, said, question.name) : said;
    },
  },
  {
    name: 'the case of names that were not asked for means nothing',
    rfc: 'RFC 4343 § 4.1',
    mend: (theirs, { own, asked }) => ({
      ...theirs,
      answer: inCaseOf(theirs.answer, own.answer, asked.name),
      authority: inCaseOf(theirs.authority, own.authority),
      additional: inCaseOf(theirs.additional, own.additional),
    }),
  },
];

/** Records as ours are where names differ by what rules of `rewrite` change, each once. */
function withNamesOf(own: Message, theirs: Message, rewritten: string): Message {
  const asked = theirs.question?.name ?? '.';
  const plain = ({ name, type, rdata }: RR) => {
    const owner = lowerName(name) === lowerName(rewritten) ? asked : name;
    return lowerName(`${owner} ${type} ${rdata}`).replaceAll('example.org.', 'example.net.');
  };
  const changed = (section: 'answer' | 'authority' | 'additional') =>
    once(
      theirs[section].map((record) => {
        const ours = own[section].find((one) => plain(one) === plain(record));
        return ours === undefined ? record : { ...ours, ttl: record.ttl };
      }),
    );
  return {
    ...theirs,
    answer: changed('answer'),
    authority: changed('authority'),
    additional: changed('additional'),
  };
}

/** Plugins that give an OPT to whoever asks. */
function makesOpt(block: readonly string[]): boolean {
  return has(block, 'acl') || has(block, 'nsid') || has(block, 'rewrite', 'edns0');
}

/** What upstream failed at has RA. A `rewrite rcode` may have changed the code. */
function isUnanswered(theirs: Message, block: readonly string[]): boolean {
  const isChanged = has(block, 'rewrite', 'rcode', 'SERVFAIL') && theirs.rcode === RCODE.NXDOMAIN;
  const isCode = theirs.rcode === RCODE.SERVFAIL || isChanged;
  return isCode && !theirs.flags.recursionAvailable && isEmpty(theirs);
}

/** What `header` does to all responses, it does to these as well. */
function withHeader(theirs: Message, block: readonly string[]): Message {
  const flags = { ...theirs.flags };
  if (has(block, 'response', 'set', 'ra')) flags.recursionAvailable = true;
  if (has(block, 'response', 'clear', 'rd')) flags.recursionDesired = false;
  if (has(block, 'response', 'set', 'aa')) flags.authoritative = true;
  return { ...theirs, flags };
}

function refused(theirs: Message, { recursionDesired }: Asked): Message {
  const none = { answer: [], authority: [], additional: [] };
  const flags = {
    ...theirs.flags,
    recursionDesired,
    authoritative: false,
    recursionAvailable: false,
  };
  const edns = theirs.edns && { ...theirs.edns, options: [] };
  return { ...theirs, ...none, rcode: RCODE.REFUSED, flags, edns };
}

function withNsid(
  theirs: Message,
  asked: readonly { readonly code: number }[] = [],
  block: readonly string[],
  own: Message,
): Message | undefined {
  const isAsked = asked.some(({ code }) => code === OPTION_NSID);
  const isError = theirs.rcode === RCODE.REFUSED || theirs.rcode === RCODE.SERVFAIL;
  if (!isAsked || !isError || theirs.edns === undefined || !has(block, 'nsid')) return undefined;
  if (theirs.edns.options.some(({ code }) => code === OPTION_NSID)) return undefined;
  const nsid = own.edns?.options.find(({ code }) => code === OPTION_NSID);
  const isRight = Buffer.from(nsid?.data ?? []).toString() === 'here';
  if (nsid === undefined || !isRight) return undefined;
  return { ...theirs, edns: { ...theirs.edns, options: [nsid, ...theirs.edns.options] } };
}

/**
 * Their records as we wrote them, where only case differs. What answers the question has the case
 * of the question (`asked`) or theirs.
 */
function inCaseOf(theirs: readonly RR[], ours: readonly RR[], asked?: string): readonly RR[] {
  const written = new Map(ours.map((record) => [caseless(record), record]));
  return theirs.map((record) => {
    const other = written.get(caseless(record));
    if (other === undefined) return record;
    const isAsked = asked !== undefined && lowerName(other.name) === lowerName(asked);
    return isAsked && other.name !== asked ? record : other;
  });
}

function caseless(record: RR): string {
  const isText = record.type === 'TXT' || record.type === 'HINFO';
  const rdata = isText ? record.rdata : lowerName(record.rdata);
  return formatRecord({ ...record, name: lowerName(record.name), rdata });
}
