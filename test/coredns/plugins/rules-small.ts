/** Differences of the small plugins. */
import { CLASS_IN, RCODE } from '../../../libs/dns/iana.ts';
import { type Edns, type EdnsOption, type Message, OPTION_EDE } from '../../../libs/dns/message.ts';
import { lowerName } from '../../../libs/dns/name.ts';
import type { Asked } from '../questions.ts';
import type { BlockRule } from './given.ts';
import {
  endsAtHosts,
  has,
  isEmpty,
  isNoAddress,
  isOfUpstream,
  once,
  withRecords,
} from './given.ts';

/** Where `rewrite cname` and a template of the blocks lead. */
const TARGET = 'a.example.org.';
/** Where the aliases lead that `rewrite cname` is for. */
const ALIASED = 'to.example.org.';
/** What `rewrite edns0` of the blocks sets. */
const OPTION_SET = { code: 0xffee, data: Buffer.from('hello') };

export const SMALL_RULES: readonly BlockRule[] = [
  {
    name: 'any: there is no type of HINFO’s machine to tell',
    rfc: 'RFC 8482 § 4.2',
    mend: (theirs, { asked, block }) =>
      asked.type === 'ANY' && has(block, 'any')
        ? withRecords(theirs, (record) =>
            record.type === 'HINFO' ? { ...record, rdata: '"RFC8482" ""' } : record,
          )
        : undefined,
  },
  {
    name: 'bufsize: the UDP size in OPT is the sender’s own',
    rfc: 'RFC 6891 § 6.2.3',
    mend: (theirs, { block }) =>
      theirs.edns && has(block, 'bufsize')
        ? { ...theirs, edns: { ...theirs.edns, udpSize: 1232 } }
        : undefined,
  },
  {
    name: 'header: RD is the client’s, whatever a query line did',
    rfc: 'RFC 1035 § 4.1.1',
    mend: (theirs, { asked, block, own }) => {
      const { recursionDesired } = asked;
      if (!has(block, 'query')) return undefined;
      // What a response line did stays.
      if (has(block, 'response', 'rd') && !own.flags.recursionDesired) return undefined;
      return { ...theirs, flags: { ...theirs.flags, recursionDesired } };
    },
  },
  {
    name: 'local: it says so with authority',
    rfc: 'RFC 1035 § 4.1.1',
    mend: (theirs, { block, own }) =>
      has(block, 'local') && isLocal(own.question?.name)
        ? { ...theirs, flags: { ...theirs.flags, authoritative: true } }
        : undefined,
  },
  {
    name: 'local: what denies is the SOA of the zone',
    rfc: 'RFC 2308 § 3',
    mend: (theirs, { block, own }) =>
      has(block, 'local') && isLocal(own.question?.name)
        ? {
            ...theirs,
            authority: theirs.authority.map((record) =>
              record.type === 'SOA'
                ? { ...record, name: record.name.replace(/^.*\.(?=localhost\.$)/i, '') }
                : record,
            ),
          }
        : undefined,
  },
  {
    name: 'rewrite: the option is that of the answer, or what was sent where that is ours',
    rfc: 'RFC 6891 § 6.1.1',
    mend: (theirs, { asked, block, own }) => {
      if (!theirs.edns || asked.class !== CLASS_IN || !has(block, 'rewrite', 'edns0')) return;
      const options = theirs.edns.options.filter(({ code }) => code !== OPTION_SET.code);
      const isOfOthers = theirs.flags.recursionAvailable || isUpstreams(theirs, asked, block);
      // A rule before it may have been the last.
      const isFirst =
        block.find((line) => line.startsWith('rewrite'))?.includes('edns0') === true &&
        !(has(block, 'local') && isLocal(asked.name)) &&
        !(has(block, 'any') && asked.type === 'ANY') &&
        !isNoAddress(asked, block);
      const isSet = isFirst || own.edns?.options.some(({ code }) => code === OPTION_SET.code);
      const isTold = isSet && !isOfOthers;
      const edns = { ...theirs.edns, options: isTold ? [...options, OPTION_SET] : options };
      return { ...theirs, edns };
    },
  },
  {
    name: 'rewrite: records that became the same are one',
    rfc: 'RFC 2181 § 5',
    mend: (theirs, { block }) =>
      has(block, 'rewrite', 'name')
        ? {
            ...theirs,
            answer: once(theirs.answer),
            authority: once(theirs.authority),
            additional: once(theirs.additional),
          }
        : undefined,
  },
  {
    name: 'rewrite: an alias is known in any case',
    rfc: 'RFC 4343 § 3, the README of rewrite',
    mend: (theirs, { block, own }) => {
      const isLeft = theirs.answer.some(({ type, rdata }) => {
        const isAlias = type === 'CNAME' && lowerName(rdata) === ALIASED;
        return isAlias && rdata !== ALIASED;
      });
      if (!has(block, 'rewrite', 'cname') || !isLeft || !leadsToTarget(own)) return undefined;
      const { rcode, flags, answer, authority, additional } = own;
      return { ...theirs, rcode, flags, answer, authority, additional };
    },
  },
  {
    name: 'rewrite, template: an alias to a name of ours brings its authority along',
    rfc: 'the README of rewrite',
    mend: (theirs, { block, blockOf, own }) =>
      (has(block, 'rewrite', 'cname') || has(block, 'template')) &&
      has(blockOf(TARGET), 'file') &&
      leadsToTarget(theirs) &&
      own.authority.every(({ name }) => lowerName(name) === 'example.org.')
        ? { ...theirs, authority: own.authority }
        : undefined,
  },
  {
    name: 'rewrite: a target that can not be asked is a failure',
    rfc: 'RFC 6604 § 3',
    mend: (theirs, { block, blockOf }) => {
      const isAlias = theirs.answer.length === 1 && leadsToTarget(theirs);
      const other = blockOf(TARGET);
      const isThere = other.some((line) => line.endsWith(' a.example.org'));
      const isFailed = endsAtHosts(other, TARGET) && !isThere && has(block, 'rewrite', 'cname');
      if (!isAlias || !isFailed || theirs.authority.length > 0) return undefined;
      const flags = { ...theirs.flags, authoritative: false };
      return { ...theirs, rcode: RCODE.SERVFAIL, flags, answer: [] };
    },
  },
  {
    name: 'dns64: without A the answer is that to AAAA',
    rfc: 'RFC 6147 § 5.1.6',
    mend: (theirs, { block, asked, own }) => {
      const isDenied = !theirs.answer.some(({ type }) => type === 'AAAA');
      if (!has(block, 'dns64') || asked.type !== 'AAAA' || !isDenied) return undefined;
      // What acl told of it, or a template.
      const told = own.edns?.options.filter(({ code }) => code === OPTION_EDE) ?? [];
      const edns = theirs.edns && has(block, 'acl') ? withEde(theirs.edns, told) : theirs.edns;
      const isOfTemplate = own.authority.some(({ rdata }) => rdata === 'ns. h. 1 60 60 60 60');
      // What acl filtered has nothing, and A of it may have.
      const isFiltered = has(block, 'filter') && isEmpty(own);
      const isUnasked = isOfTemplate && theirs.answer.length === 0;
      const { authority, additional } = isUnasked || isFiltered ? own : theirs;
      const isOwn = ['file', 'hosts', 'whoami', 'local', 'template'].some((plugin) =>
        has(block, plugin),
      );
      const isOurs = isOwn && !theirs.flags.recursionAvailable;
      const authoritative = (isOurs ? own : theirs).flags.authoritative;
      // What upstream failed at, and acl filtered of A.
      const isFailure = has(block, 'forward') && /^(servfail|refused)\./i.test(asked.name);
      const rcode = isUnasked || (isFailure && has(block, 'acl')) ? own.rcode : theirs.rcode;
      const flags = { ...theirs.flags, authoritative };
      return { ...theirs, rcode, flags, authority, additional, edns };
    },
  },
];

function leadsToTarget({ answer }: Message): boolean {
  return answer.some(({ type, rdata }) => type === 'CNAME' && lowerName(rdata) === TARGET);
}

function withEde(edns: Edns, told: readonly EdnsOption[]): Edns {
  return { ...edns, options: [...edns.options.filter(({ code }) => code !== OPTION_EDE), ...told] };
}

/** Of upstream, though header took RA away. */
function isUpstreams(theirs: Message, { name }: Asked, block: readonly string[]): boolean {
  if (!has(block, 'response', 'clear', 'ra') || theirs.flags.authoritative) return false;
  // acl says why it refuses, upstream does not.
  const isExplained = theirs.edns?.options.some(({ code }) => code === OPTION_EDE) === true;
  const isFailure =
    (theirs.rcode === RCODE.SERVFAIL || theirs.rcode === RCODE.REFUSED) && !isExplained;
  return isOfUpstream(theirs) || (isFailure && /^(servfail|refused)\./i.test(name));
}

function isLocal(name = '.'): boolean {
  return /(^|\.)localhost\.$|^localhost\.|\.127\.in-addr\.arpa\.$/i.test(name);
}
