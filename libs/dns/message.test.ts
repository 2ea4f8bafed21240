/** Properties of the codec as a whole, with dns-packet as the oracle where dns-packet is right. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Answer, DecodedPacket } from 'dns-packet';
import dnsPacket from 'dns-packet';
import fc from 'fast-check';
import { parseAddress } from './address.ts';
import { decode } from './decode.ts';
import { encode } from './encode.ts';
import { rcodeName } from './iana.ts';
import type { Flags, Message } from './message.ts';
import { nameFromWire } from './name.ts';
import { rdataText } from './rdata.ts';
import type { RR } from './rrset.ts';

/** Objects as literals make them: others are not equal to what is decoded. */
const PLAIN = { noNullPrototype: true } as const;
const u16 = fc.nat(0xffff);
const u32 = fc.nat(0xffffffff);
const numbers = (...some: readonly fc.Arbitrary<number>[]) =>
  fc.tuple(...some).map((values) => values.join(' '));

/** Octets that are no upper-case letter: names that differ in case only share their octets. */
const octet = fc.nat(255).map((value) => (value >= 0x41 && value <= 0x5a ? value + 32 : value));
const anyLabel = fc.array(octet, { minLength: 1, maxLength: 20 });
const plainLabel = fc
  .string({ unit: fc.constantFrom(...'abc019-_'), minLength: 1, maxLength: 8 })
  .map((text) => [...Buffer.from(text)]);

/** Few names, so that many share their ends and are compressed. */
function names(label: fc.Arbitrary<readonly number[]>): fc.Arbitrary<string> {
  const ends = fc.constantFrom('svc.cluster.local.', 'local.', 'in-addr.arpa.', '.');
  return fc.tuple(fc.array(label, { maxLength: 3 }), ends).map(([labels, end]) => {
    const wire = Uint8Array.from([...labels.flatMap((some) => [some.length, ...some]), 0]);
    const start = nameFromWire(wire, 0)?.name ?? '.';
    if (end === '.') return start;
    return start === '.' ? end : `${start}${end}`;
  });
}

const texts = (bytes: fc.Arbitrary<number>) =>
  fc
    .array(fc.array(bytes, { minLength: 1, maxLength: 30 }), { minLength: 1, maxLength: 3 })
    .map((some) => Uint8Array.from(some.flatMap((text) => [text.length, ...text])))
    .map((bytes) => rdataText('TXT', bytes, 0, bytes.length) ?? '');

/** Rdata of a type, in canonical text. */
type Rdatas = Readonly<Record<string, fc.Arbitrary<string>>>;

/** What both know. */
function commonRdatas(name: fc.Arbitrary<string>, bytes: fc.Arbitrary<number>): Rdatas {
  return {
    A: fc.ipV4(),
    AAAA: fc.ipV6().map((text) => parseAddress(text)?.text ?? '::'),
    NS: name,
    CNAME: name,
    PTR: name,
    DNAME: name,
    TXT: texts(bytes),
    MX: fc.tuple(u16, name).map((fields) => fields.join(' ')),
    SRV: fc.tuple(u16, u16, u16, name).map((fields) => fields.join(' ')),
    SOA: fc.tuple(name, name, numbers(u32, u32, u32, u32, u32)).map((fields) => fields.join(' ')),
  };
}

function ownRdatas(name: fc.Arbitrary<string>): Rdatas {
  // Some octets are rdata of their type by chance, which has a text of its own; pointers of a
  // message lead nowhere in them alone.
  const octetsOf = (type: string) =>
    fc
      .uint8Array({ maxLength: 40, max: 0xbf })
      .map((bytes) => rdataText(type, bytes, 0, bytes.length) ?? '')
      .filter((text) => text !== '');
  const text = fc
    .string({ unit: fc.constantFrom(...'a "\\;') })
    .map((some) => JSON.stringify(some));
  return {
    ...commonRdatas(name, fc.nat(255)),
    HTTPS: octetsOf('HTTPS'),
    RRSIG: octetsOf('RRSIG'),
    TYPE65280: octetsOf('TYPE65280'),
    HINFO: fc.tuple(text, text).map((fields) => fields.join(' ')),
    NAPTR: fc.tuple(u16, u16, text, text, text, name).map((fields) => fields.join(' ')),
  };
}

function records(name: fc.Arbitrary<string>, rdatas: Rdatas): fc.Arbitrary<readonly RR[]> {
  const record = Object.entries(rdatas).map(([type, rdata]) =>
    fc.record({ name, type: fc.constant(type), ttl: fc.nat(0x7fffffff), rdata }, PLAIN),
  );
  return fc.array(fc.oneof(...record), { maxLength: 5 });
}

const flags: fc.Arbitrary<Flags> = fc.record(
  {
    response: fc.boolean(),
    authoritative: fc.boolean(),
    truncated: fc.boolean(),
    recursionDesired: fc.boolean(),
    recursionAvailable: fc.boolean(),
    authenticData: fc.boolean(),
    checkingDisabled: fc.boolean(),
  },
  PLAIN,
);

/** Codes that dns-packet does not interpret. */
const options = fc.array(
  fc.record(
    { code: fc.integer({ min: 65001, max: 65534 }), data: fc.uint8Array({ maxLength: 9 }) },
    PLAIN,
  ),
  { maxLength: 3 },
);

/** dns-packet takes 0 for 4096. */
const udpSize = fc.integer({ min: 1, max: 0xffff });

function messages(
  name: fc.Arbitrary<string>,
  rdatas: Rdatas,
  rcodeMax: number,
): fc.Arbitrary<Message> {
  const section = records(name, rdatas);
  const edns = fc.record({ udpSize, version: fc.nat(255), dnssecOk: fc.boolean(), options }, PLAIN);
  const type = fc.constantFrom('A', 'AAAA', 'SRV', 'TXT', 'PTR', 'SOA');
  return fc
    .record(
      {
        id: u16,
        flags,
        opcode: fc.nat(15),
        rcode: fc.nat(rcodeMax),
        question: fc.option(fc.record({ name, type, class: fc.constant(1) }, PLAIN), {
          nil: undefined,
        }),
        answer: section,
        authority: section,
        additional: section,
        edns: fc.option(edns, { nil: undefined }),
      },
      PLAIN,
    )
    .map((message) =>
      message.edns === undefined ? { ...message, rcode: message.rcode & 15 } : message,
    );
}

describe('a message of any content', () => {
  const name = names(anyLabel);

  test('is read as it was written', () => {
    fc.assert(
      fc.property(messages(name, ownRdatas(name), 0xfff), (message) => {
        assert.deepEqual(decode(encode(message)), { kind: 'message', message });
      }),
      { numRuns: 500 },
    );
  });

  test('keeps to any limit that its question and OPT keep to', () => {
    fc.assert(
      fc.property(messages(name, ownRdatas(name), 0xfff), fc.nat(600), (message, more) => {
        const bare = encode({ ...message, answer: [], authority: [], additional: [] }).length;
        const limited = encode(message, bare + more);
        assert.ok(limited.length <= bare + more);
        const read = decode(limited);
        assert.equal(read.kind, 'message');
        const whole = encode(message).length <= bare + more;
        assert.equal(
          read.kind === 'message' && read.message.flags.truncated,
          !whole || message.flags.truncated,
        );
      }),
    );
  });
});

describe('dns-packet', () => {
  // It knows no escapes, writes opcode 0 only, and has other names for some response codes.
  const name = names(plainLabel);
  const printable = fc.integer({ min: 0x23, max: 0x5b });
  const plain = messages(name, commonRdatas(name, printable), 5).map((message) => ({
    ...message,
    opcode: 0,
  }));

  test('reads what we write', () => {
    fc.assert(
      fc.property(plain, (message) => {
        const packet = oracle.decode(Buffer.from(encode(message)));
        assert.deepEqual(
          {
            id: packet.id,
            response: packet.flag_qr,
            authoritative: packet.flag_aa,
            truncated: packet.flag_tc,
            recursionDesired: packet.flag_rd,
            recursionAvailable: packet.flag_ra,
            authenticData: packet.flag_ad,
            checkingDisabled: packet.flag_cd,
            rcode: 'rcode' in packet ? packet.rcode : undefined,
            questions: packet.questions?.map(
              (question) => `${absolute(question.name)} ${question.type}`,
            ),
            answer: packet.answers?.flatMap(fromPacket),
            authority: packet.authorities?.flatMap(fromPacket),
            additional: packet.additionals?.flatMap(fromPacket),
            edns: packet.additionals?.flatMap(optFromPacket),
          },
          {
            id: message.id,
            ...message.flags,
            rcode: rcodeName(message.rcode),
            questions:
              message.question === undefined
                ? []
                : [`${message.question.name} ${message.question.type}`],
            answer: message.answer,
            authority: message.authority,
            additional: message.additional,
            edns:
              message.edns === undefined
                ? []
                : [{ ...message.edns, options: plainOptions(message) }],
          },
        );
      }),
      { numRuns: 300 },
    );
  });

  test('writes what we read', () => {
    fc.assert(
      fc.property(plain, (message) => {
        const packet = oracle.encode(toPacket(message));
        assert.deepEqual(decode(packet), { kind: 'message', message });
      }),
      { numRuns: 300 },
    );
  });
});

/** Its types know fewer EDNS options than it does. */
interface Oracle {
  encode(packet: object): Uint8Array;
  decode(bytes: Buffer): DecodedPacket;
}
const oracle: Oracle = dnsPacket;

const absolute = (name: string) => (name === '.' ? '.' : `${name}.`);
const relative = (name: string) => (name === '.' ? '.' : name.slice(0, -1));
const plainOptions = (message: Message) =>
  (message.edns?.options ?? []).map(({ code, data }) => ({ code, data: [...data] }));

function optFromPacket(answer: Answer): readonly object[] {
  if (answer.type !== 'OPT') return [];
  const { udpPayloadSize, ednsVersion, flag_do, options } = answer;
  return [
    {
      udpSize: udpPayloadSize,
      version: ednsVersion,
      dnssecOk: flag_do,
      options: options.map(({ code, data }) => ({ code, data: [...(data ?? [])] })),
    },
  ];
}

function fromPacket(answer: Answer): readonly RR[] {
  const record = (rdata: string, ttl: number | undefined) => [
    { name: absolute(answer.name), type: answer.type, ttl: ttl ?? 0, rdata },
  ];
  switch (answer.type) {
    case 'OPT':
      return [];
    case 'A':
    case 'AAAA':
      return record(parseAddress(answer.data)?.text ?? '', answer.ttl);
    case 'NS':
    case 'CNAME':
    case 'PTR':
    case 'DNAME':
      return record(absolute(answer.data), answer.ttl);
    case 'TXT':
      return record(
        [answer.data]
          .flat()
          .map((text) => `"${text}"`)
          .join(' '),
        answer.ttl,
      );
    case 'MX':
      return record(`${answer.data.preference} ${absolute(answer.data.exchange)}`, answer.ttl);
    case 'SRV': {
      const { priority, weight, port, target } = answer.data;
      return record(`${priority} ${weight} ${port} ${absolute(target)}`, answer.ttl);
    }
    case 'SOA': {
      const { mname, rname, serial, refresh, retry, expire, minimum } = answer.data;
      const values = [serial, refresh, retry, expire, minimum];
      return record([absolute(mname), absolute(rname), ...values].join(' '), answer.ttl);
    }
    default:
      throw new Error(`dns-packet read a ${answer.type}, which was not written`);
  }
}

function toPacket(message: Message): object {
  const { id, flags, rcode, question, edns } = message;
  const bits = [
    flags.authoritative ? dnsPacket.AUTHORITATIVE_ANSWER : 0,
    flags.truncated ? dnsPacket.TRUNCATED_RESPONSE : 0,
    flags.recursionDesired ? dnsPacket.RECURSION_DESIRED : 0,
    flags.recursionAvailable ? dnsPacket.RECURSION_AVAILABLE : 0,
    flags.authenticData ? dnsPacket.AUTHENTIC_DATA : 0,
    flags.checkingDisabled ? dnsPacket.CHECKING_DISABLED : 0,
    rcode,
  ];
  const opt = edns && {
    type: 'OPT',
    name: '.',
    udpPayloadSize: edns.udpSize,
    ednsVersion: edns.version,
    flags: edns.dnssecOk ? dnsPacket.DNSSEC_OK : 0,
    options: edns.options.map(({ code, data }) => ({ code, data: Buffer.from(data) })),
  };
  return {
    id,
    type: flags.response ? 'response' : 'query',
    flags: bits.reduce((all, some) => all | some, 0),
    questions:
      question === undefined ? [] : [{ ...question, name: relative(question.name), class: 'IN' }],
    answers: message.answer.map(toPacketRecord),
    authorities: message.authority.map(toPacketRecord),
    additionals: [...message.additional.map(toPacketRecord), ...(opt === undefined ? [] : [opt])],
  };
}

function toPacketRecord({ name, type, ttl, rdata }: RR): object {
  const record = (data: unknown) => ({ name: relative(name), type, ttl, data });
  const [a = '', b = '', ...rest] = rdata.split(' ');
  switch (type) {
    case 'A':
    case 'AAAA':
      return record(rdata);
    case 'TXT':
      return record([...rdata.matchAll(/"([^"]*)"/g)].map((text) => text[1]));
    case 'MX':
      return record({ preference: Number(a), exchange: relative(b) });
    case 'SRV': {
      const [port, target = ''] = rest;
      return record({
        priority: Number(a),
        weight: Number(b),
        port: Number(port),
        target: relative(target),
      });
    }
    case 'SOA': {
      const [serial, refresh, retry, expire, minimum] = rest.map(Number);
      const times = { serial, refresh, retry, expire, minimum };
      return record({ mname: relative(a), rname: relative(b), ...times });
    }
    default:
      return record(relative(rdata));
  }
}
