/** What is asked of plugins that stand by themselves, and what they say. */
import { type Asking, withEdns } from '../e2e/ask.ts';
import { saidByWhoami } from './said-by.ts';

export interface PluginRow {
  /** The directives of its server block. */
  readonly block: string;
  readonly question: string;
  readonly asking?: Asking;
  readonly said: string;
  /** What CoreDNS says where it is something else; the plugin's README says why. */
  readonly theirs?: string;
}

/** Of one server block. */
function rows(block: string, ...told: readonly Omit<PluginRow, 'block'>[]): readonly PluginRow[] {
  return told.map((row) => ({ block, ...row }));
}

const WHOAMI = rows(
  'whoami',
  {
    question: 'Example.org A',
    said:
      'NOERROR aa | ADDITIONAL Example.org. 0 IN A 127.0.0.1, ' +
      '_udp.Example.org. 0 IN SRV 0 0 PORT .',
  },
  {
    question: 'example.org MX',
    asking: { transport: 'tcp' },
    said:
      'NOERROR aa | ADDITIONAL _tcp.example.org. 0 IN SRV 0 0 PORT ., ' +
      'example.org. 0 IN A 127.0.0.1',
  },
);

const ACL_BLOCK = `acl example.org {
        allow type A
        block type TXT net 127.0.0.0/8
        filter type MX
        drop type SRV net 127.0.0.1
    }
    acl {
        block net 10.0.0.0/8 192.0.2.7
        block type NS
        allow type A
        filter
    }
    whoami`;

const ACL = rows(
  ACL_BLOCK,
  { question: 'a.example.org A', said: saidByWhoami('a.example.org') },
  { question: 'a.example.org TXT', said: 'REFUSED | EDE 15' },
  { question: 'a.example.org MX', said: 'NOERROR | EDE 17' },
  {
    question: 'a.example.org SRV',
    asking: { timeoutMs: 300 },
    said: 'silence',
  },
  { question: 'a.example.org NS', said: 'REFUSED | EDE 15' },
  { question: 'a.example.org PTR', said: 'NOERROR | EDE 17' },
  {
    // RFC 6891 § 6.1.1: no OPT to who sent none.
    question: 'a.example.org TXT',
    asking: { query: { edns: undefined } },
    said: 'REFUSED',
    theirs: 'REFUSED | EDE 15',
  },
);

const SMALL: readonly PluginRow[] = [
  {
    // RFC 8482 § 4.2.
    block: 'any\n    whoami',
    question: 'a.example.org ANY',
    said: 'NOERROR | ANSWER a.example.org. 8482 IN HINFO "RFC8482" ""',
    theirs: 'NOERROR | ANSWER a.example.org. 8482 IN HINFO "ANY obsoleted" "See RFC 8482"',
  },
  {
    block: 'any\n    whoami',
    question: 'a.example.org A',
    said: saidByWhoami('a.example.org'),
  },
  { block: 'minimal\n    whoami', question: 'a.example.org A', said: 'NOERROR aa' },
  {
    block: 'bufsize 512\n    whoami',
    question: 'a.example.org A',
    said: saidByWhoami('a.example.org'),
  },
];

const HOSTS_FILE = `# a comment
10.0.0.1 Example.org alias.example.org
::1 example.org
::FFFF:10.0.0.2 mapped.example.org
10.0.0.3 *.apps.example.org
10.0.0.4 www.apps.example.org
10.0.0.5 example.com
`;

/** Beside the Corefile. */
export const FILES: Readonly<Record<string, string>> = {
  hosts: HOSTS_FILE,
  'files/in-root': HOSTS_FILE,
};

const HOSTS_BLOCK = `hosts hosts example.org {
        192.0.2.1 example.org inline.example.org
        2001:db8::1 *.apps.example.org
        ttl 60
        fallthrough fall.example.org
    }
    whoami`;
const ROOT_BLOCK = 'root files\n    hosts in-root';
const HOSTS_REST = `hosts hosts {
        10.0.0.9 a.example.org
        no_reverse
        fallthrough
        fallthrough_unsupported
    }
    whoami`;
const HOSTS = [
  ...rows(
    HOSTS_BLOCK,
    {
      question: 'example.org A',
      said: 'NOERROR aa | ANSWER example.org. 60 IN A 10.0.0.1, example.org. 60 IN A 192.0.2.1',
    },
    {
      // RFC 4343 § 4.1.
      question: 'Inline.example.org A',
      said: 'NOERROR aa | ANSWER Inline.example.org. 60 IN A 192.0.2.1',
      theirs: 'NOERROR aa | ANSWER inline.example.org. 60 IN A 192.0.2.1',
    },
    {
      question: 'example.org AAAA',
      said: 'NOERROR aa | ANSWER example.org. 60 IN AAAA ::1',
    },
    { question: 'inline.example.org AAAA', said: 'NOERROR aa' },
    { question: 'example.org TXT', said: 'NOERROR aa' },
    {
      question: 'mapped.example.org A',
      said: 'NOERROR aa | ANSWER mapped.example.org. 60 IN A 10.0.0.2',
    },
    {
      question: 'a.apps.example.org A',
      said: 'NOERROR aa | ANSWER a.apps.example.org. 60 IN A 10.0.0.3',
    },
    { question: 'a.b.apps.example.org A', said: 'SERVFAIL' },
    {
      // RFC 4592 § 2.2.1.
      question: 'www.apps.example.org AAAA',
      said: 'NOERROR aa',
      theirs: 'NOERROR aa | ANSWER www.apps.example.org. 60 IN AAAA 2001:db8::1',
    },
    { question: 'missing.example.org A', said: 'SERVFAIL' },
    { question: 'x.fall.example.org A', said: saidByWhoami('x.fall.example.org') },
    { question: 'example.com A', said: saidByWhoami('example.com') },
    {
      question: '1.0.0.10.in-addr.arpa PTR',
      said:
        'NOERROR aa | ANSWER 1.0.0.10.in-addr.arpa. 60 IN PTR alias.example.org., ' +
        '1.0.0.10.in-addr.arpa. 60 IN PTR example.org.',
    },
    {
      question: '5.0.0.10.in-addr.arpa PTR',
      said: saidByWhoami('5.0.0.10.in-addr.arpa'),
    },
  ),
  ...rows(ROOT_BLOCK, {
    question: 'example.com A',
    said: 'NOERROR aa | ANSWER example.com. 3600 IN A 10.0.0.5',
  }),
  ...rows(
    HOSTS_REST,
    { question: 'a.example.org TXT', said: saidByWhoami('a.example.org') },
    { question: 'a.example.org AAAA', said: 'NOERROR aa' },
    {
      question: '9.0.0.10.in-addr.arpa PTR',
      said: saidByWhoami('9.0.0.10.in-addr.arpa'),
    },
  ),
];

const NSID_BLOCK = 'nsid a "b c"\n    debug\n    cancel\n    whoami';
const withNsid = withEdns({ options: [{ code: 3, data: new Uint8Array() }] });

const NSID = rows(
  NSID_BLOCK,
  {
    question: 'a.example.org A',
    asking: withNsid,
    said: `${saidByWhoami('a.example.org')} | NSID a b c`,
  },
  { question: 'a.example.org A', said: saidByWhoami('a.example.org') },
);

const SOA = '604800 IN SOA localhost. root.localhost. 1 0 0 0 604800';
/** CoreDNS says the same without authority (RFC 1035 § 4.1.1). */
const local = (block: string, question: string, answer: string, rcode = 'NOERROR'): PluginRow => ({
  block,
  question,
  said: `${rcode} aa | ${answer}`,
  theirs: `${rcode} | ${answer}`,
});
const LOCAL_BLOCK = 'local\n    whoami';
const NO_PREFIX = 'local {\n        localhost_prefix off\n    }\n    whoami';

const LOCAL: readonly PluginRow[] = [
  local(LOCAL_BLOCK, 'LocalHost A', 'ANSWER LocalHost. 604800 IN A 127.0.0.1'),
  local(LOCAL_BLOCK, 'localhost AAAA', 'ANSWER localhost. 604800 IN AAAA ::1'),
  local(LOCAL_BLOCK, 'localhost NS', 'ANSWER localhost. 604800 IN NS localhost.'),
  local(LOCAL_BLOCK, 'localhost TXT', `AUTHORITY localhost. ${SOA}`),
  local(LOCAL_BLOCK, 'a.localhost A', 'ANSWER a.localhost. 604800 IN A 127.0.0.1'),
  local(LOCAL_BLOCK, 'localhost.a AAAA', 'ANSWER localhost.a. 604800 IN AAAA ::1'),
  local(LOCAL_BLOCK, 'localhost.a TXT', `AUTHORITY localhost.a. ${SOA}`),
  local(
    LOCAL_BLOCK,
    '1.0.0.127.in-addr.arpa PTR',
    'ANSWER 1.0.0.127.in-addr.arpa. 604800 IN PTR localhost.',
  ),
  local(LOCAL_BLOCK, '1.0.0.127.in-addr.arpa A', `AUTHORITY 127.in-addr.arpa. ${SOA}`),
  local(
    LOCAL_BLOCK,
    '2.0.0.127.in-addr.arpa PTR',
    `AUTHORITY 127.in-addr.arpa. ${SOA}`,
    'NXDOMAIN',
  ),
  local(LOCAL_BLOCK, '255.in-addr.arpa SOA', `ANSWER 255.in-addr.arpa. ${SOA}`),
  {
    // RFC 2308 § 3: the SOA is the zone's.
    block: LOCAL_BLOCK,
    question: 'a.localhost TXT',
    said: `NOERROR aa | AUTHORITY localhost. ${SOA}`,
    theirs: `NOERROR | AUTHORITY a.localhost. ${SOA}`,
  },
  {
    // RFC 8020 § 2.
    block: LOCAL_BLOCK,
    question: '0.0.127.in-addr.arpa PTR',
    said: `NOERROR aa | AUTHORITY 127.in-addr.arpa. ${SOA}`,
    theirs: `NXDOMAIN | AUTHORITY 127.in-addr.arpa. ${SOA}`,
  },
  { block: LOCAL_BLOCK, question: 'a.example.org A', said: saidByWhoami('a.example.org') },
  { block: NO_PREFIX, question: 'localhost.a A', said: saidByWhoami('localhost.a') },
];

const CHAOS_BLOCK = 'nsid a\n    chaos version "an author"\n    whoami';
const chaos = (name: string): Asking => ({ query: { question: { name, type: 'TXT', class: 3 } } });
const CHAOS = rows(
  CHAOS_BLOCK,
  ...['version.bind.', 'Version.server.'].map((name) => ({
    question: `${name} TXT`,
    asking: chaos(name),
    said: `NOERROR | ANSWER ${name} 0 IN TXT "version"`,
  })),
  {
    question: 'authors.bind. TXT',
    asking: chaos('authors.bind.'),
    said: 'NOERROR | ANSWER authors.bind. 0 IN TXT "an author"',
  },
  {
    question: 'version.bind. TXT',
    asking: { query: { ...withNsid.query, ...chaos('version.bind.').query } },
    said: 'NOERROR | ANSWER version.bind. 0 IN TXT "version" | NSID a',
  },
  {
    // RFC 6895 § 3.2: another class is another name space.
    question: 'example.org. TXT',
    asking: chaos('example.org.'),
    said: 'REFUSED',
    theirs: saidByWhoami('example.org'),
  },
);

const HEADER_BLOCK = `header {
        response set ra
        response clear aa rd
    }
    whoami`;
const HEADER: readonly PluginRow[] = [
  {
    block: HEADER_BLOCK,
    question: 'a.example.org A',
    said: saidByWhoami('a.example.org').replace('aa', 'ra no-rd'),
  },
  {
    // RFC 1035 § 4.1.1: RD is the client's.
    block: 'header {\n        query clear rd\n    }\n    whoami',
    question: 'a.example.org A',
    said: saidByWhoami('a.example.org'),
    theirs: saidByWhoami('a.example.org').replace('aa', 'aa no-rd'),
  },
];

const DNS64_BLOCK = `dns64 {
        prefix 64:1337::/96
        allow_ipv4
    }
    hosts hosts`;
const DNS64 = rows(
  DNS64_BLOCK,
  {
    question: 'example.com AAAA',
    said: 'NOERROR | ANSWER example.com. 600 IN AAAA 64:1337::a00:5',
  },
  { question: 'example.com A', said: 'NOERROR aa | ANSWER example.com. 3600 IN A 10.0.0.5' },
  { question: 'example.org AAAA', said: 'NOERROR aa | ANSWER example.org. 3600 IN AAAA ::1' },
);

const TIMEOUTS: readonly PluginRow[] = [
  {
    block: 'timeouts {\n        idle 5\n        maxtcpqueries 1\n    }\n    whoami',
    question: 'a.example.org A',
    asking: { transport: 'tcp' },
    said: saidByWhoami('a.example.org').replace('_udp', '_tcp'),
  },
];

export const ROWS: readonly PluginRow[] = [
  ...WHOAMI,
  ...ACL,
  ...SMALL,
  ...HOSTS,
  ...NSID,
  ...LOCAL,
  ...CHAOS,
  ...HEADER,
  ...DNS64,
  ...TIMEOUTS,
];
