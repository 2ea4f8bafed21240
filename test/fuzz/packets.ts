/** Packets that are almost right, and ones that are nothing: for whoever must survive them. */
import fc from 'fast-check';
import { encode } from '../../libs/dns/encode.ts';
import type { EdnsOption } from '../../libs/dns/message.ts';
import { NO_FLAGS } from '../../libs/dns/message.ts';
import { isName } from '../../libs/dns/name.ts';
import type { RR } from '../../libs/dns/rrset.ts';
import { OPTION_COOKIE } from '../../libs/dns/server-cookie.ts';
import { edns, query, records } from '../../libs/table/asking.ts';

/** With the changes of a packet: more than the limit of UDP without EDNS. */
const PACKET_OCTETS_MAX = 700;

const labels = fc.constantFrom(
  ...['web', 'db', 'many', 'shop', 'svc', 'east', '_http', '_tcp', 'db-0', 'pod', '10-0-0-1'],
  ...['x', '*', 'x'.repeat(63), '\\000', 'a\\.b', '\\255', 'WEB', 'version', 'localhost', 'xn--9a'],
);
const zones = fc.constantFrom(
  ...['cluster.local.', 'clusterset.local.', 'shop.svc.cluster.local.', 'in-addr.arpa.'],
  ...['shop.svc.clusterset.local.', '10.in-addr.arpa.', 'ip6.arpa.', 'bind.', 'test.', '.'],
);
const known = fc.constantFrom(
  ...['web.shop.svc.cluster.local.', 'many.shop.svc.cluster.local.', 'db.shop.svc.cluster.local.'],
  ...['_http._tcp.web.shop.svc.cluster.local.', 'db-0.db.shop.svc.cluster.local.'],
  `${`${'x'.repeat(62)}.`.repeat(3)}${'y'.repeat(49)}.cluster.local.`,
  `${`${'x'.repeat(62)}.`.repeat(4)}y.`,
  ...['cluster.local.', '10.0.96.10.in-addr.arpa.', 'nope.shop.svc.cluster.local.', 'web.test.'],
);
const made = fc
  .tuple(fc.array(labels, { maxLength: 4 }), zones)
  .map(([left, zone]) => `${left.map((label) => `${label}.`).join('')}${zone === '.' ? '' : zone}`)
  .map((name) => (name === '' ? '.' : name))
  .filter(isName);
const names = fc.oneof(known, known, made);
const types = fc.oneof(
  fc.constantFrom('A', 'A', 'AAAA', 'SRV', 'PTR', 'SOA', 'NS', 'TXT', 'MX', 'DS', 'HTTPS', 'CNAME'),
  fc.constantFrom('ANY', 'AXFR', 'IXFR', 'OPT', 'TSIG', 'TKEY', 'HINFO', 'TYPE0', 'TYPE65280'),
);
const data = (minLength: number, maxLength: number) => fc.uint8Array({ minLength, maxLength });
const options: fc.Arbitrary<EdnsOption> = fc.oneof(
  fc.record({ code: fc.nat({ max: 20 }), data: data(0, 45) }),
  fc.record({ code: fc.constant(OPTION_COOKIE), data: fc.oneof(data(8, 8), data(24, 24)) }),
  fc.record({ code: fc.constantFrom(3, 8, 65_001, 65_535), data: data(0, 12) }),
);
const opts = fc.option(
  fc.record({
    udpSize: fc.oneof(fc.constantFrom(0, 512, 1232, 4096, 65_535), fc.nat({ max: 2000 })),
    version: fc.nat({ max: 20 }).map((number) => [1, 255][number] ?? 0),
    dnssecOk: fc.boolean(),
    options: fc.array(options, { maxLength: 3 }),
  }),
  { nil: undefined },
);
const flags = fc.record({
  recursionDesired: fc.boolean(),
  checkingDisabled: fc.boolean(),
  authenticData: fc.boolean(),
  truncated: fc.boolean(),
});
const more = fc.constantFrom(
  ...new Array<readonly RR[]>(8).fill([]),
  records('x.test. 5 IN A 192.0.2.1'),
  records('cluster.local. 5 IN SOA ns.test. admin.test. 7 1 1 1 1'),
);

/** Queries that can be written down, of a class and opcode that are mostly IN and QUERY. */
const validPackets: fc.Arbitrary<Uint8Array> = fc
  .record({
    id: fc.nat({ max: 65_535 }),
    name: names,
    type: types,
    class: fc.nat({ max: 20 }).map((number) => [3, 255][number] ?? 1),
    opcode: fc.nat({ max: 20 }).map((number) => [4, 5, 15][number] ?? 0),
    flags,
    opt: opts,
    isAsked: fc.nat({ max: 20 }).map((number) => number > 0),
    authority: more,
    additional: more,
  })
  .map(({ name, type, class: dnsClass, opt, isAsked, flags, ...rest }) =>
    encode(
      query(`${name} ${type}`, {
        ...rest,
        ...(isAsked ? { question: { name, type, class: dnsClass } } : { question: undefined }),
        flags: { ...NO_FLAGS, ...flags },
        edns: opt && edns(opt.udpSize, opt),
      }),
    ),
  );

type Change = readonly [kind: number, place: number, octet: number, octets: number];

const odd = fc.oneof(
  fc.constantFrom(0, 1, 2, 10, 0x28, 0x29, 0x3f, 0x40, 0x7f, 0x80, 0xc0, 0xff),
  fc.nat({ max: 255 }),
);
const changes: fc.Arbitrary<Change> = fc.tuple(
  fc.nat({ max: 6 }),
  fc.nat({ max: 65_535 }),
  odd,
  fc.nat({ max: 12 }),
);

/** Octets changed, put in, left out, doubled, cut off; counts and pointers that lie. */
function changed(packet: readonly number[], [kind, place, octet, octets]: Change): number[] {
  const at = place % (packet.length + 1);
  const [before, after] = [packet.slice(0, at), packet.slice(at)];
  switch (kind) {
    case 0:
      return [...before, octet, ...after.slice(1)];
    case 1:
      return [...before, octet, ...after];
    case 2:
      return [...before, ...after.slice(octets)];
    case 3:
      return [...packet, ...after].slice(0, PACKET_OCTETS_MAX);
    case 4:
      return before;
    case 5:
      return packet.map((old, i) => (i === place % 12 ? octet : old));
    default:
      return [...before, 0xc0, octet, ...after.slice(2)];
  }
}

const mangledPackets = fc
  .tuple(validPackets, fc.array(changes, { minLength: 1, maxLength: 5 }))
  .map(([packet, list]) => Uint8Array.from(list.reduce(changed, Array.from(packet))));

/** A header that may be one, and octets; or octets alone. */
const noise = fc.oneof(
  data(0, 80),
  fc
    .tuple(data(2, 2), fc.constantFrom([1, 0], [0, 0], [1, 16]), data(0, 60))
    .map(([id, bits, rest]) => Uint8Array.of(...id, ...bits, 0, 1, 0, 0, 0, 0, 0, 1, ...rest)),
);

/** Where a stream is cut: how many octets a piece has, in turn. */
export const cuts = fc.array(fc.nat({ max: 90 }), { minLength: 1, maxLength: 20 });

export const packets: fc.Arbitrary<Uint8Array> = fc.oneof(
  { weight: 4, arbitrary: validPackets },
  { weight: 5, arbitrary: mangledPackets },
  { weight: 1, arbitrary: noise },
);
