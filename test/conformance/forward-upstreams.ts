/** The upstreams that `forward` is compared over: each role answers by the name it is asked for. */
import { RCODE } from '../../libs/dns/iana.ts';
import type { Message } from '../../libs/dns/message.ts';
import { parseRecord } from '../../libs/dns/presentation.ts';
import type { Authority } from '../servers/certificates.ts';
import { freePort } from '../servers/free-port.ts';
import { startHttpsUpstream, startTlsUpstream } from '../servers/secure-upstream.ts';
import {
  answerTo,
  type Script,
  type ScriptedUpstream,
  startUpstream,
} from '../servers/upstream.ts';

export const SOA = 'up. 60 IN SOA ns.up. admin.up. 1 2 3 4 60';
/** The name in the certificate of those that speak TLS, beside their address. */
export const SERVER_NAME = 'dns.example';

const says = (rcode: number): Script => {
  return (query) => [answerTo(query, [], { rcode, authority: [parseRecord(SOA)] })];
};

/** Answers with this address. */
function answersWith(address: string): Script {
  return (query, via) => {
    const { name = '', type = 'A' } = query.question ?? {};
    const own = type === 'PTR' ? `${name} 60 IN PTR ptr.up.` : `${name} 60 IN A ${address}`;
    const flags = { ...query.flags, response: true, recursionAvailable: true };
    const cases: Readonly<Record<string, () => Uint8Array>> = {
      'aa.up.': () => answerTo(query, [own], { flags: { ...flags, authoritative: true } }),
      'big.up.': () =>
        via === 'udp'
          ? answerTo(query, [], { flags: { ...flags, truncated: true } })
          : answerTo(query, [own]),
      'alias.up.': () =>
        answerTo(query, ['alias.up. 60 IN CNAME a.up.', `a.up. 60 IN A ${address}`]),
      'more.up.': () => answerTo(query, [own, 'bank.test. 60 IN A 192.0.2.66']),
      'other.up.': () =>
        answerTo({ ...query, question: { name: 'bank.test.', type: 'A', class: 1 } }),
      'none.up.': () => answerTo(query, [], { authority: [parseRecord(SOA)] }),
      'nx.up.': () => answerTo(query, [], { rcode: RCODE.NXDOMAIN, authority: [parseRecord(SOA)] }),
      'blocked.up.': () => answerTo(query, [], { rcode: RCODE.REFUSED, edns: blocked }),
    };
    return [(cases[name] ?? (() => answerTo(query, [own])))()];
  };
}

/** Extended error 15, blocked (RFC 8914 § 4.16). */
const blocked: Message['edns'] = {
  udpSize: 1232,
  version: 0,
  dnssecOk: false,
  options: [{ code: 15, data: Uint8Array.of(0, 15) }],
};

export async function startRoles(authority: Authority) {
  const certificate = authority.give('server', 'IP:127.0.0.1', `DNS:${SERVER_NAME}`);
  const good = answersWith('192.0.2.1');
  const scripts: Readonly<Record<string, Script>> = {
    GOOD: good,
    OTHER: answersWith('192.0.2.2'),
    FAILS: says(RCODE.SERVFAIL),
    REFUSES: says(RCODE.REFUSED),
    DENIES: says(RCODE.NXDOMAIN),
    SILENT: () => [],
    RESOLVER: (query) => [
      answerTo(query, query.question?.type === 'A' ? ['ns.up. 60 IN A 127.0.0.1'] : []),
    ],
  };
  const started: ScriptedUpstream[] = [];
  const roles: Record<string, string> = { CA: authority.ca, DEAD: `127.0.0.1:${await freePort()}` };
  for (const [role, script] of Object.entries(scripts)) {
    const upstream = await startUpstream(script);
    started.push(upstream);
    roles[role] = `127.0.0.1:${upstream.port}`;
    if (role === 'GOOD') roles.HOST = `ns.up:${upstream.port}`;
  }
  const tls = await startTlsUpstream(good, certificate);
  const https = await startHttpsUpstream(good, certificate);
  started.push(tls, https);
  roles.TLS = `127.0.0.1:${tls.port}`;
  roles.NAMED = `127.0.0.1%${SERVER_NAME}:${tls.port}`;
  roles.HTTPS = `127.0.0.1:${https.port}`;
  const close = async () => {
    await Promise.all(started.map((upstream) => upstream.close()));
  };
  return { roles, close };
}
