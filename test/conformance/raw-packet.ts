/**
 * Packets octet for octet, right or wrong, sent as they are; what comes back in one line.
 *
 *   raw(head(0x0100, 1, 0, 0, 1), question('web.test. A'), opt(), option(10, '0102'))
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { decode } from '../../libs/dns/decode.ts';
import { CLASS_IN, rcodeName, typeNumber } from '../../libs/dns/iana.ts';
import type { EdnsOption, Message } from '../../libs/dns/message.ts';
import { nameToWire } from '../../libs/dns/name.ts';
import { OPTION_COOKIE } from '../../libs/dns/server-cookie.ts';
import { framed, TcpFraming } from '../../libs/socket/tcp-framing.ts';

export const ID = 0x2a17;
const SENTINEL_ID = 0x5e17;
/** Over UDP a busy machine loses packets; a reply that is not there by then never comes. */
const REPLY_MS = 2000;
const TRIES = 3;

const u16 = (value: number) => [value >> 8, value & 0xff];
export const hex = (text: string): readonly number[] => [
  ...Buffer.from(text.replaceAll(' ', ''), 'hex'),
];

/** What stands behind each other in a packet. */
export type Octets = readonly number[];

export function raw(...parts: readonly Octets[]): Uint8Array {
  return Uint8Array.from(parts.flat());
}

/** Header octets 2 and 3 as one number, then the counts. */
export function head(flags: number, ...counts: readonly number[]): Octets {
  return [...u16(ID), ...u16(flags), ...[0, 1, 2, 3].flatMap((i) => u16(counts[i] ?? 0))];
}

export function question(text: string, dnsClass = CLASS_IN): Octets {
  const [name = '', type = ''] = text.split(' ');
  return [...nameToWire(name), ...u16(typeNumber(type) ?? 0), ...u16(dnsClass)];
}

export interface OptOptions {
  readonly size?: number;
  readonly rcodeBits?: number;
  readonly version?: number;
  /** DO is 0x8000. */
  readonly flags?: number;
  /** On the wire. */
  readonly owner?: Octets;
  /** Of its rdata, where it is not what the options have. */
  readonly octets?: number;
}

export function opt(options: OptOptions = {}, ...list: readonly Octets[]): Octets {
  const { size = 1232, rcodeBits = 0, version = 0, flags = 0, owner = [0] } = options;
  const rdata = list.flat();
  const length = u16(options.octets ?? rdata.length);
  return [...owner, 0, 41, ...u16(size), rcodeBits, version, ...u16(flags), ...length, ...rdata];
}

/** `data` is hexadecimal; `octets` is said where that is not its length. */
export function option(code: number, data = '', octets = hex(data).length): Octets {
  return [...u16(code), ...u16(octets), ...hex(data)];
}

/**
 * What a server says to the packet, in one line; `silence` when it answers what is sent after it
 * and not this. A reply that is not expected is not waited for longer.
 */
export async function saidTo(
  packet: Uint8Array,
  port: number,
  transport: 'udp' | 'tcp',
  expectsReply: boolean,
): Promise<string> {
  const exchange = transport === 'udp' ? overUdp : overTcp;
  for (let left = TRIES; left > 0; left--) {
    const replies = await exchange(packet, port, expectsReply);
    const reply = replies.find((octets) => octets[0] !== SENTINEL_ID >> 8);
    if (reply !== undefined) return lineOf(reply);
    if (replies.length > 0 && (!expectsReply || left === 1)) return 'silence';
  }
  return 'nothing, also to what came after it';
}

/** A question that every server answers, so that silence before it is no loss. */
function sentinel(): Uint8Array {
  const packet = raw(head(0x0100, 1), question('sentinel.test. A'));
  packet.set(u16(SENTINEL_ID));
  return packet;
}

/** The replies that came until both are there, or only the last is awaited and came. */
async function overUdp(
  packet: Uint8Array,
  port: number,
  expectsReply: boolean,
): Promise<readonly Uint8Array[]> {
  const socket = createSocket('udp4');
  try {
    socket.connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.send(packet);
    socket.send(sentinel());
    return await collected(socket, expectsReply);
  } finally {
    socket.close();
  }
}

async function collected(socket: Socket, expectsReply: boolean): Promise<readonly Uint8Array[]> {
  const replies: Uint8Array[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const late = setTimeout(resolve, REPLY_MS);
  socket.on('error', () => resolve());
  socket.on('message', (reply) => {
    replies.push(reply);
    if (replies.length === (expectsReply ? 2 : 1)) resolve();
  });
  await promise;
  clearTimeout(late);
  return replies;
}

async function overTcp(
  packet: Uint8Array,
  port: number,
  expectsReply: boolean,
): Promise<readonly Uint8Array[]> {
  const socket = connect(port, '127.0.0.1');
  const framing = new TcpFraming();
  const replies: Uint8Array[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const late = setTimeout(resolve, REPLY_MS);
  socket.on('error', () => resolve());
  socket.on('close', () => resolve());
  socket.on('data', (octets) => {
    replies.push(...framing.push(octets));
    if (replies.length >= (expectsReply ? 2 : 1)) resolve();
  });
  socket.write(Buffer.concat([framed(packet), framed(sentinel())]));
  await promise;
  clearTimeout(late);
  socket.destroy();
  return replies;
}

/** Code and flags │ question │ how many records │ EDNS: version, size, DO │ its options. */
export function lineOf(octets: Uint8Array): string {
  const decoded = decode(octets);
  if (decoded.kind === 'malformed') return `malformed: ${decoded.why}`;
  const { id, opcode, rcode, question, answer, authority, additional, edns } = decoded.message;
  const counts = [answer, authority, additional].map(({ length }) => length);
  const asked =
    question &&
    `${question.name} ${question.type}${question.class === CLASS_IN ? '' : ` ${question.class}`}`;
  const parts = [
    [rcodeName(rcode), ...flagsOf(decoded.message)].join(' '),
    ...(id === ID ? [] : [`id ${id}`]),
    ...(opcode === 0 ? [] : [`opcode ${opcode}`]),
    ...(asked === undefined ? [] : [asked]),
    ...(counts.every((count) => count === 0) ? [] : [counts.join(' ')]),
    ...(edns === undefined
      ? []
      : [
          `EDNS ${edns.version} ${edns.udpSize}${edns.dnssecOk ? ' do' : ''}`,
          ...edns.options.map(optionText),
        ]),
  ];
  return parts.join(' | ');
}

function optionText({ code, data }: EdnsOption): string {
  if (code !== OPTION_COOKIE) return `option ${code} ${Buffer.from(data).toString('hex')}`;
  const client = Buffer.from(data.subarray(0, 8)).toString('hex');
  const isOurs = data.length === 24 && data[8] === 1 && data.subarray(9, 12).every((o) => o === 0);
  return `COOKIE ${client} ${isOurs ? 'and ours' : Buffer.from(data.subarray(8)).toString('hex')}`;
}

function flagsOf({ flags }: Message): readonly string[] {
  const names: readonly (readonly [boolean, string])[] = [
    [!flags.response, 'no-qr'],
    [flags.authoritative, 'aa'],
    [flags.truncated, 'tc'],
    [flags.recursionDesired, 'rd'],
    [flags.recursionAvailable, 'ra'],
    [flags.authenticData, 'ad'],
    [flags.checkingDisabled, 'cd'],
  ];
  return names.flatMap(([isSet, name]) => (isSet ? [name] : []));
}
