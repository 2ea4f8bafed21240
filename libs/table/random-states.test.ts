import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { encode } from '../dns/encode.ts';
import type { Message } from '../dns/message.ts';
import { TCP_OCTETS_MAX, udpLimit } from '../dns/message.ts';
import { isWithin } from '../dns/name.ts';
import type { RR } from '../dns/rrset.ts';
import { asking, edns, NOW_SECONDS, query } from './asking.ts';
import type { PutOptions, TableAnswer } from './table-answer.ts';
import { TableModel } from './table-model.ts';
import { createTable } from './table-writer.ts';

const APEXES = ['one.test.', 'two.test.'];
/** Names at, above, below and beside each other, so that they come into each other's way. */
const NAMES = [
  ...['one.test.', 'a.one.test.', 'b.a.one.test.', 'c.b.a.one.test.', 'd.a.one.test.'],
  ...['ns.one.test.', '_p._tcp.a.one.test.', 'two.test.', 'x.two.test.', 'y.x.two.test.'],
  ...['cached.example.', 'www.cached.example.', 'test.', '.'],
];
const TYPES = ['A', 'AAAA', 'SRV', 'TXT', 'CNAME', 'PTR'];

const name = fc.constantFrom(...NAMES);
const type = fc.constantFrom(...TYPES);
const ttl = fc.constantFrom(0, 5, 30, 300, 2 ** 31 - 1);
const octet = fc.nat({ max: 255 });

const rdata = (of: string): fc.Arbitrary<string> => {
  switch (of) {
    case 'A':
      return octet.map((i) => `10.0.0.${i}`);
    case 'AAAA':
      return octet.map((i) => `fd00::${i.toString(16)}`);
    case 'SRV':
      return fc.tuple(octet, name).map(([port, target]) => `0 50 ${port} ${target}`);
    case 'TXT':
      return octet.map((i) => `"${'t'.repeat(i)}"`);
    default:
      return fc.tuple(name, fc.boolean()).map(([n, up]) => (up ? n.toUpperCase() : n));
  }
};
const record = (owner: fc.Arbitrary<string>, of: fc.Arbitrary<string>): fc.Arbitrary<RR> =>
  of.chain((t) => fc.record({ name: owner, type: fc.constant(t), ttl, rdata: rdata(t) }));
const list = (one: fc.Arbitrary<RR>, maxLength: number) => fc.array(one, { maxLength });

/** Mostly what we make: records of the name and type; sometimes anything. */
const sections = (owner: string, t: string) =>
  fc.record({
    answer: fc.oneof(
      { weight: 3, arbitrary: list(record(fc.constant(owner), fc.constant(t)), 4) },
      { weight: 1, arbitrary: list(record(fc.constant(owner), fc.constant(t)), 60) },
      { weight: 1, arbitrary: list(record(name, type), 5) },
    ),
    authority: fc.oneof(fc.constant([]), list(record(name, type), 2)),
    additional: fc.oneof(fc.constant([]), list(record(name, fc.constantFrom('A', 'AAAA')), 4)),
  });
const shape = fc.record({
  authoritative: fc.boolean(),
  recursionAvailable: fc.boolean(),
  authenticData: fc.boolean(),
  rcode: fc.constantFrom(0, 0, 0, 3),
});
const answerOf = (owner: string, t: string): fc.Arbitrary<TableAnswer> =>
  fc
    .tuple(sections(owner, t), shape, fc.boolean())
    .map(([rrs, flags, rotate]) => ({ type: t, ...flags, ...rrs, rotate }));

type Step =
  | { readonly do: 'put'; name: string; answers: readonly TableAnswer[]; options: PutOptions }
  | { readonly do: 'remove'; name: string }
  | { readonly do: 'zone'; zone: number; serial: number; complete: boolean }
  | { readonly do: 'keep'; name: string; answer: TableAnswer; age: number; lifetime: number }
  | { readonly do: 'forget'; name: string; type: string }
  | { readonly do: 'wait'; seconds: number }
  | { readonly do: 'ask'; asked: Message };

const seconds = fc.constantFrom(0, 1, 5, 29, 30, 100);
const put = name.chain((n) =>
  fc.record({
    do: fc.constant('put' as const),
    name: fc.constant(n),
    answers: fc
      .uniqueArray(type, { maxLength: 3 })
      .chain((types) => fc.tuple(...types.map((t) => answerOf(n, t)))),
    options: fc.constantFrom({}, {}, {}, { handOver: true }, { handOverBelow: true }),
  }),
);
const keep = fc.tuple(name, type).chain(([n, t]) =>
  fc.record({
    do: fc.constant('keep' as const),
    name: fc.constant(n),
    answer: answerOf(n, t),
    age: seconds,
    lifetime: seconds,
  }),
);
const asked = fc
  .record({
    name,
    label: fc.constantFrom('', '', '', 'z.', 'NS.', 'root.', 'a.b.'),
    upper: fc.boolean(),
    type,
    id: fc.nat({ max: 65535 }),
    flags: fc.record({
      recursionDesired: fc.constantFrom(true, true, false),
      checkingDisabled: fc.constantFrom(false, false, true),
      authenticData: fc.boolean(),
    }),
    opt: fc.option(
      fc.record({ udpSize: fc.constantFrom(0, 512, 600, 1232, 4096), dnssecOk: fc.boolean() }),
      { nil: undefined },
    ),
  })
  .map(({ name: n, label, upper, type: t, id, flags, opt }) => {
    const below = label + (n === '.' && label !== '' ? '' : n);
    const plain = query(`${upper ? below.toUpperCase() : below} ${t}`, { id });
    const own = opt && edns(opt.udpSize, { dnssecOk: opt.dnssecOk });
    return { ...plain, flags: { ...plain.flags, ...flags }, edns: own };
  });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: put },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('remove' as const), name }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('zone' as const),
      zone: fc.constantFrom(1, 2),
      serial: octet,
      complete: fc.constantFrom(true, true, false),
    }),
  },
  { weight: 4, arbitrary: keep },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('forget' as const), name, type }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), seconds }) },
  { weight: 12, arbitrary: fc.record({ do: fc.constant('ask' as const), asked }) },
);

const zoneOf = (id: number, serial: number, complete: boolean) => {
  const apex = APEXES[id - 1] ?? '';
  const rdata = `ns.${apex} Root.${apex} ${serial} 1 1 1 5`;
  const soa = { name: apex, type: 'SOA', ttl: 5, rdata };
  return { apex, soa, complete, recursionAvailable: id === 2 };
};

/** A table and its model, which must agree whatever is done to both. */
class Trial {
  readonly #table = createTable({ octets: 1 << 20, seed: 1, poison: true });
  readonly #ask = asking(this.#table);
  readonly #askTcp = asking(this.#table, { transport: 'tcp', reader: 1 });
  readonly #model = new TableModel();
  #now = NOW_SECONDS;
  asked = 0;

  constructor() {
    this.do({ do: 'zone', zone: 1, serial: 1, complete: true });
    this.do({ do: 'zone', zone: 2, serial: 1, complete: true });
  }

  do(step: Step): void {
    switch (step.do) {
      case 'put':
        this.#put(step.name, step.answers, step.options);
        break;
      case 'remove':
        this.#table.remove(step.name, 0);
        this.#model.remove(step.name);
        break;
      case 'zone': {
        const zone = zoneOf(step.zone, step.serial, step.complete);
        this.#table.setZone(step.zone, zone);
        this.#model.setZone(step.zone, zone);
        break;
      }
      case 'keep':
        this.#keep(step.name, step.answer, this.#now - step.age, step.lifetime);
        break;
      case 'forget':
        this.#table.forget(step.name, 0, step.type);
        this.#model.forget(step.name, step.type);
        break;
      case 'wait':
        this.#now += step.seconds;
        break;
      default:
        this.#check(step.asked);
    }
  }

  #put(name: string, answers: readonly TableAnswer[], options: PutOptions): void {
    const zone = APEXES.findIndex((apex) => isWithin(name, apex)) + 1;
    if (zone === 0) return;
    this.#table.put(name, 0, zone, answers, options);
    this.#model.put(name, zone, answers, options);
  }

  #keep(name: string, answer: TableAnswer, saidAtSeconds: number, lifetime: number): void {
    const expiresAtSeconds = saidAtSeconds + lifetime;
    const cached = { saidAtSeconds, expiresAtSeconds, denial: answer.answer.length === 0 };
    const isKept = this.#model.keep(name, { ...answer, cached });
    assert.equal(this.#table.keep(name, 0, 0, { ...answer, cached }), isKept ? 'stored' : 'taken');
  }

  #check(asked: Message): void {
    const packet = encode(asked);
    for (const [ask, limit] of [
      [this.#ask, udpLimit(asked)],
      [this.#askTcp, TCP_OCTETS_MAX],
    ] as const) {
      const said = ask(packet, 0, this.#now);
      const expected = this.#model.expected(asked, limit, this.#now);
      if (typeof expected === 'number' || typeof said === 'number') {
        assert.equal(said, expected);
      } else if (!expected.some((message) => Buffer.compare(message, said) === 0)) {
        assert.deepEqual(said, expected[0]);
      }
      this.asked++;
    }
    assert.equal(this.#table.names, this.#model.names);
  }
}

test('whatever is put, kept, removed and forgotten, the answers are those of a model', () => {
  let asked = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 8, maxLength: 60, size: 'max' }), (steps) => {
      const trial = new Trial();
      for (const one of steps) trial.do(one);
      asked += trial.asked;
    }),
    { numRuns: 1000 },
  );
  assert.ok(asked > 10_000, `${asked} answers compared`);
});
