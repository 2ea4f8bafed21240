/** Random questions about names of a world: every type, all forms of EDNS, UDP, TCP, odd case. */
import { encode } from '../../libs/dns/encode.ts';
import { CLASS_IN, OPCODE, RCODE } from '../../libs/dns/iana.ts';
import { type Edns, type EdnsOption, NO_FLAGS } from '../../libs/dns/message.ts';
import { nameToWire } from '../../libs/dns/name.ts';
import type { Transport } from './exchange.ts';
import type { Random } from './random.ts';
import type { Variant } from './variant.ts';

export interface Asked {
  readonly name: string;
  readonly type: string;
  readonly class: number;
  readonly opcode: number;
  readonly recursionDesired: boolean;
  readonly authenticData: boolean;
  readonly checkingDisabled: boolean;
  readonly edns: Edns | undefined;
  readonly transport: Transport;
}

const COMMON = ['A', 'A', 'AAAA', 'AAAA', 'SRV', 'PTR', 'CNAME', 'TXT', 'NS', 'SOA', 'MX'] as const;
const RARE = [
  ...['HTTPS', 'SVCB', 'ANY', 'DS', 'DNSKEY', 'NAPTR', 'CAA', 'HINFO', 'DNAME', 'NSEC', 'RRSIG'],
  ...['LOC', 'URI', 'SPF', 'TLSA', 'TYPE65280', 'TYPE0', 'AXFR', 'IXFR'],
] as const;
const SIZES = [0, 100, 512, 513, 1232, 1400, 4096, 65535] as const;

/** As a stub resolver asks. */
export function plain(name: string, type: string): Asked {
  return {
    name,
    type,
    class: CLASS_IN,
    opcode: OPCODE.QUERY,
    recursionDesired: true,
    authenticData: false,
    checkingDisabled: false,
    edns: undefined,
    transport: 'udp',
  };
}

/** Transfers are asked for only where nobody may have them. */
export function randomQuestions(
  random: Random,
  names: readonly string[],
  { zones, multicluster, transfer }: Variant,
  count: number,
): readonly Asked[] {
  const all = [...zones, ...multicluster].map((zone) => `${zone}.`);
  const questions = Array.from({ length: count }, () =>
    randomQuestion(random, names, random.oneOf(all) ?? '.'),
  );
  return transfer ? questions.filter(({ type }) => !/XFR$/.test(type)) : questions;
}

/** About one of these names, or what a pod's search path makes of one, or a near miss. */
function randomQuestion(random: Random, names: readonly string[], zone: string): Asked {
  const name = random.oneOf(names) ?? '.';
  const type = random.percent(85) ? random.pick(COMMON) : random.pick(RARE);
  return {
    name: inOddCase(random, varied(random, name, zone)),
    type: /\.arpa\.$/.test(name) && random.percent(50) ? 'PTR' : type,
    class: random.percent(99) ? CLASS_IN : random.pick([3, 4, 254, 255]),
    opcode: random.percent(99) ? OPCODE.QUERY : random.pick([1, 2, 4, 5, 6, 15]),
    recursionDesired: random.percent(80),
    authenticData: random.percent(15),
    checkingDisabled: random.percent(15),
    edns: random.percent(60) ? randomEdns(random) : undefined,
    // Transfers over UDP are another matter than over TCP.
    transport: random.percent(85) ? 'udp' : 'tcp',
  };
}

export function encodeAsked(asked: Asked): Uint8Array {
  const { recursionDesired, authenticData, checkingDisabled } = asked;
  return encode({
    id: 0,
    flags: { ...NO_FLAGS, recursionDesired, authenticData, checkingDisabled },
    opcode: asked.opcode,
    rcode: RCODE.NOERROR,
    question: { name: asked.name, type: asked.type, class: asked.class },
    answer: [],
    authority: [],
    additional: [],
    edns: asked.edns,
  });
}

/** As it could be asked with dig. */
export function formatAsked(asked: Asked): string {
  const { edns, transport, opcode, class: number } = asked;
  const words = [asked.name, asked.type];
  if (number !== CLASS_IN) words.push(`class ${number}`);
  if (opcode !== OPCODE.QUERY) words.push(`+opcode=${opcode}`);
  if (transport === 'tcp') words.push('+tcp');
  if (!asked.recursionDesired) words.push('+nordflag');
  if (asked.authenticData) words.push('+adflag');
  if (asked.checkingDisabled) words.push('+cdflag');
  if (edns === undefined) return [...words, '+noedns'].join(' ');
  words.push(`+edns=${edns.version}`, `+bufsize=${edns.udpSize}`);
  if (edns.dnssecOk) words.push('+dnssec');
  for (const { code, data } of edns.options) {
    words.push(`+ednsopt=${code}:${Buffer.from(data).toString('hex')}`);
  }
  return words.join(' ');
}

function varied(random: Random, name: string, zone: string): string {
  if (random.percent(75)) return name;
  const label = random.pick([
    'x',
    '_tcp',
    '_http',
    'svc',
    'pod',
    'a-b',
    '*',
    '1',
    'w\\032b',
    '\\000',
  ]);
  const search = random.pick([`default.svc.${zone}`, `shop.svc.${zone}`, `svc.${zone}`, zone]);
  const short = name
    .split('.')
    .slice(0, 1 + random.below(4))
    .join('.');
  const other = random.pick([
    `${label}.${name}`,
    `${name}${zone}`,
    `${short}.${search}`,
    `${short}.${search}`,
    name.slice(1),
    name.replace('.', '-'),
    name.replace(/^[^.]+/, label),
  ]);
  return isName(other) ? other : name;
}

function isName(text: string): boolean {
  try {
    nameToWire(text);
    return text.endsWith('.');
  } catch {
    return false;
  }
}

/** RFC 4343: as resolvers do that hide their queries from forgers. */
function inOddCase(random: Random, name: string): string {
  if (random.percent(80)) return name;
  return name.replace(/[a-z]/g, (letter) => (random.percent(50) ? letter.toUpperCase() : letter));
}

function randomEdns(random: Random): Edns {
  return {
    udpSize: random.pick(SIZES),
    version: random.percent(98) ? 0 : random.pick([1, 255]),
    dnssecOk: random.percent(25),
    options: random.percent(30) ? random.some(OPTIONS, 3, 1) : [],
  };
}

/** NSID, client subnet, expire, cookie, keepalive, padding, chain, and one that nobody knows. */
const OPTIONS: readonly EdnsOption[] = [
  { code: 3, data: new Uint8Array() },
  { code: 8, data: Uint8Array.of(0, 1, 24, 0, 192, 0, 2) },
  { code: 9, data: new Uint8Array() },
  { code: 10, data: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) },
  { code: 11, data: new Uint8Array() },
  { code: 12, data: new Uint8Array(20) },
  { code: 13, data: Uint8Array.of(0) },
  { code: 65_001, data: Uint8Array.of(1, 2, 3) },
];
