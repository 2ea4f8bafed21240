/** For tests: a zone, a chain that stands for the rest, and clients that ask listeners. */
import assert from 'node:assert/strict';
import type { Socket as UdpClient } from 'node:dgram';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { Socket as TcpClient } from 'node:net';
import { connect } from 'node:net';
import { decode } from '../../../libs/dns/decode.ts';
import { encode } from '../../../libs/dns/encode.ts';
import { NO_FLAGS, udpLimit } from '../../../libs/dns/message.ts';
import { formatRecord } from '../../../libs/dns/presentation.ts';
import { TcpFraming } from '../../../libs/socket/tcp-framing.ts';
import { query, records } from '../../../libs/table/asking.ts';
import type { AnswerSlow, SlowClient } from './slow-path.ts';

export const MANY = Array.from({ length: 60 }, (_, i) => `many.cluster.local. 5 IN A 10.0.1.${i}`);
export const ZONE = `
  cluster.local. 5 IN SOA ns.dns.cluster.local. hostmaster.cluster.local. 7 7200 1800 86400 5
  web.cluster.local. 5 IN A 10.0.0.1
  ${MANY.join('\n')}
`;
export const OLD = 'web.cluster.local. 5 IN A 10.0.0.1';
export const FORWARDED = 'example.com. 60 IN A 192.0.2.80';

/** Stands for the chain: knows example.com, and who asked. */
export const chain = (asked: SlowClient[]): AnswerSlow => {
  return async (packet, client) => {
    asked.push(client);
    const decoded = decode(packet);
    if (decoded.kind === 'malformed') return undefined;
    const { message } = decoded;
    const answer = message.question?.name === 'example.com.' ? records(FORWARDED) : [];
    return encode(
      { ...message, flags: { ...NO_FLAGS, response: true }, answer, edns: undefined },
      client.transport === 'udp' ? udpLimit(message) : undefined,
    );
  };
};

export const answersOf = (response: Uint8Array) => {
  const decoded = decode(response);
  assert.equal(decoded.kind, 'message');
  return decoded.kind === 'message' ? decoded.message.answer.map(formatRecord) : [];
};

export const askUdp = async (port: number, question: string, address = '127.0.0.1', rest = {}) => {
  const client = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  try {
    client.connect(port, address); // only what comes from the address asked is received
    await once(client, 'connect');
    return await exchange(client, encode(query(question, rest)));
  } finally {
    client.close();
  }
};

const exchange = async (client: UdpClient, packet: Uint8Array) => {
  client.send(packet);
  const [response]: readonly unknown[] = await once(client, 'message');
  assert.ok(response instanceof Uint8Array);
  return response;
};

export const openClient = async (port: number, address = '127.0.0.1') => {
  const client = connect(port, address);
  await once(client, 'connect');
  return client;
};

export const readMessages = async (client: TcpClient, count: number) => {
  const framing = new TcpFraming();
  const messages: Uint8Array[] = [];
  while (messages.length < count) {
    const [octets]: readonly unknown[] = await once(client, 'data');
    assert.ok(octets instanceof Uint8Array);
    messages.push(...framing.push(octets));
  }
  return messages;
};
