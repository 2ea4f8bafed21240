/** For tests: a TCP listener, and its clients. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import type { TestContext } from 'node:test';
import { openTcp } from './tcp.ts';
import type { TcpAnswer } from './tcp-connection.ts';
import { framed, TcpFraming } from './tcp-framing.ts';
import type { TcpLimits } from './tcp-limits.ts';
import { TcpAdmission } from './tcp-limits.ts';

/** Long enough that no test sees it end. */
export const NEVER_MS = 600_000;
const PATIENT = { idleMs: NEVER_MS, readMs: NEVER_MS, writeMs: NEVER_MS };

export const echo: TcpAnswer = (packet) => packet;

export const open = async (t: TestContext, answer = echo, limits: Partial<TcpLimits> = {}) => {
  const admission = new TcpAdmission({ ...PATIENT, ...limits });
  const endpoint = { address: '127.0.0.1', port: 0 };
  const listener = await openTcp({ endpoint, answer, admission });
  t.after(() => listener.close());
  return { listener, admission, port: listener.endpoint.port };
};

export const dial = async (port: number, localAddress = '127.0.0.1') => {
  const client = connect({ port, host: '127.0.0.1', localAddress });
  await once(client, 'connect');
  return client;
};

/** Resolves when the connection is over, whether it ended or was reset. */
export const gone = (client: Socket) => {
  client.on('error', () => {});
  return new Promise<void>((resolve) => client.once('close', () => resolve()));
};

export const textOf = (packet: Uint8Array) => Buffer.from(packet).toString();

export const turn = () => new Promise((resolve) => setImmediate(resolve));

export const message = (text: string) => framed(Buffer.from(text));

export const receive = async (client: Socket, count: number) => {
  const framing = new TcpFraming();
  const messages: string[] = [];
  while (messages.length < count) {
    const [octets]: readonly unknown[] = await once(client, 'data');
    assert.ok(octets instanceof Uint8Array);
    messages.push(...framing.push(octets).map(textOf));
  }
  return messages;
};
