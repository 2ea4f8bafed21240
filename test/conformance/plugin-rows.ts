/** What is asked of plugins that stand by themselves, and what they say. */
import type { Asking } from '../e2e/ask.ts';

export interface PluginRow {
  /** The directives of its server block. */
  readonly block: string;
  readonly question: string;
  readonly asking?: Asking;
  readonly said: string;
  /** What CoreDNS says where it is something else; the plugin's README says why. */
  readonly theirs?: string;
}

const WHOAMI: readonly PluginRow[] = [
  {
    block: 'whoami',
    question: 'Example.org A',
    said:
      'NOERROR aa | ADDITIONAL Example.org. 0 IN A 127.0.0.1, ' +
      '_udp.Example.org. 0 IN SRV 0 0 PORT .',
  },
  {
    block: 'whoami',
    question: 'example.org MX',
    asking: { transport: 'tcp' },
    said:
      'NOERROR aa | ADDITIONAL _tcp.example.org. 0 IN SRV 0 0 PORT ., ' +
      'example.org. 0 IN A 127.0.0.1',
  },
];

const LOOPBACK =
  'ADDITIONAL _udp.a.example.org. 0 IN SRV 0 0 PORT ., a.example.org. 0 IN A 127.0.0.1';

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

const ACL: readonly PluginRow[] = [
  { block: ACL_BLOCK, question: 'a.example.org A', said: `NOERROR aa | ${LOOPBACK}` },
  { block: ACL_BLOCK, question: 'a.example.org TXT', said: 'REFUSED | EDE 15' },
  { block: ACL_BLOCK, question: 'a.example.org MX', said: 'NOERROR | EDE 17' },
  {
    block: ACL_BLOCK,
    question: 'a.example.org SRV',
    asking: { timeoutMs: 300 },
    said: 'silence',
  },
  { block: ACL_BLOCK, question: 'a.example.org NS', said: 'REFUSED | EDE 15' },
  { block: ACL_BLOCK, question: 'a.example.org PTR', said: 'NOERROR | EDE 17' },
  {
    // RFC 6891 § 6.1.1: no OPT to who sent none.
    block: ACL_BLOCK,
    question: 'a.example.org TXT',
    asking: { query: { edns: undefined } },
    said: 'REFUSED',
    theirs: 'REFUSED | EDE 15',
  },
];

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
    said: `NOERROR aa | ${LOOPBACK}`,
  },
  { block: 'minimal\n    whoami', question: 'a.example.org A', said: 'NOERROR aa' },
  {
    block: 'bufsize 512\n    whoami',
    question: 'a.example.org A',
    said: `NOERROR aa | ${LOOPBACK}`,
  },
];

export const ROWS: readonly PluginRow[] = [...WHOAMI, ...ACL, ...SMALL];
