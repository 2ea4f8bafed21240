/** Asks a DNS server over UDP or TCP, as a stub resolver does. */
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { decode } from '../../libs/dns/decode.ts';
import { encode } from '../../libs/dns/encode.ts';
import { rcodeName } from '../../libs/dns/iana.ts';
import { type Edns, type Message, queryMessage } from '../../libs/dns/message.ts';
import { absoluteName } from '../../libs/dns/name.ts';

export interface Asking {
  readonly transport?: 'udp' | 'tcp';
  readonly address?: string;
  /** The client's own address, where it matters. */
  readonly source?: string;
  /** After so long there is no reply: UDP may lose a packet, and a server may be dead. */
  readonly timeoutMs?: number;
  /** What is not as a stub resolver asks. */
  readonly query?: Partial<Message>;
}

/** On a busy machine a reply may take seconds. Where nobody listens, the kernel says so. */
const TIMEOUT_MS = 5000;
/** Until who was refused has no reply: a server that starts needs the time of who asks again. */
const REFUSED_MS = 100;

const EDNS: Edns = { udpSize: 1232, version: 0, dnssecOk: false, options: [] };

/** With these options, or DO. */
export function withEdns(edns: Partial<Edns>): Asking {
  return { query: { edns: { ...EDNS, ...edns } } };
}

/** The reply; undefined when none came in time. */
export async function ask(
  port: number,
  name: string,
  type: string,
  {
    transport = 'udp',
    address = '127.0.0.1',
    source,
    timeoutMs = TIMEOUT_MS,
    query = {},
  }: Asking = {},
): Promise<Message | undefined> {
  const id = Math.floor(Math.random() * 65536);
  const asked = encode(queryMessage(absoluteName(name), type, { id, edns: EDNS, ...query }));
  const exchange = transport === 'udp' ? overUdp : overTcp;
  const packet = await exchange(asked, { port, address, source }, timeoutMs);
  const decoded = packet && decode(packet);
  if (decoded === undefined) return undefined;
  if (decoded.kind === 'malformed')
    throw new Error(`Cannot read the reply to ${name}: ${decoded.why}`);
  return decoded.message.id === id ? decoded.message : undefined;
}

/** Rdata of ANSWER, sorted, as `dig +short` has it; the response code where there is none. */
export async function short(
  port: number,
  name: string,
  type = 'A',
  asking: Asking = {},
): Promise<string> {
  const message = await ask(port, name, type, asking);
  if (message === undefined) return 'silence';
  const rdatas = message.answer.map(({ rdata }) => rdata).sort();
  return rdatas.length > 0 ? rdatas.join(' ') : rcodeName(message.rcode);
}

interface Way {
  readonly port: number;
  readonly address: string;
  readonly source: string | undefined;
}

function overUdp(
  query: Uint8Array,
  { port, address, source }: Way,
  timeoutMs: number,
): Promise<Uint8Array | undefined> {
  return new Promise((done) => {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    const end = (packet: Uint8Array | undefined) => {
      clearTimeout(timer);
      socket.close();
      done(packet);
    };
    let timer = setTimeout(() => end(undefined), timeoutMs);
    socket.once('message', (packet) => end(packet));
    socket.on('error', () => {
      clearTimeout(timer);
      timer = setTimeout(() => end(undefined), Math.min(timeoutMs, REFUSED_MS));
    });
    if (source !== undefined) socket.bind(0, source);
    socket.connect(port, address, () => socket.send(query));
  });
}

function overTcp(
  query: Uint8Array,
  { port, address, source }: Way,
  timeoutMs: number,
): Promise<Uint8Array | undefined> {
  return new Promise((done) => {
    const socket = connect({
      host: address,
      port,
      timeout: timeoutMs,
      ...(source === undefined ? {} : { localAddress: source }),
    });
    let received = Buffer.alloc(0);
    const end = (packet: Uint8Array | undefined) => {
      socket.destroy();
      done(packet);
    };
    socket.on('connect', () =>
      socket.write(Buffer.concat([Buffer.of(query.length >> 8, query.length & 255), query])),
    );
    socket.on('data', (data) => {
      received = Buffer.concat([received, data]);
      if (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
        end(received.subarray(2, 2 + received.readUInt16BE(0)));
      }
    });
    socket.on('timeout', () => end(undefined));
    socket.on('error', () => end(undefined));
  });
}
