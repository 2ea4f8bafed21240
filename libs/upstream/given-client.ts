/** A client of one server for tests, and queries for it. */

import { randomBytes } from 'node:crypto';
import { type Message, queryMessage } from '../dns/message.ts';
import type { TlsFiles } from '../tls/tls-files.ts';
import { TlsContext } from '../tls/tls-files.ts';
import { type ClientOptions, createClient, ServerKnowledge } from './server-client.ts';
import type { Asking, UpstreamServer } from './upstream-server.ts';

export interface ClientGiven extends Partial<Omit<ClientOptions, 'tls'>> {
  readonly tls?: TlsFiles;
}

/** Waits long by default: a busy machine is no failure. */
const PATIENT = { via: 'udp', dialTimeoutMs: 20_000, readTimeoutMs: 20_000 } as const;

export function givenClient(server: Partial<UpstreamServer>, { tls = {}, ...change }: ClientGiven) {
  const sockets: string[] = [];
  const clock = { extraMs: 0 };
  const nowMs = () => performance.now() + clock.extraMs;
  const client = createClient(
    { transport: 'dns', address: '127.0.0.1', port: 0, ...server },
    {
      ...{ expireMs: 60_000, ageMsMax: 0, idleMax: 0, dohMethod: 'POST' },
      ...change,
      tls: new TlsContext(tls, () => {}),
    },
    {
      random: (count) => randomBytes(count),
      nowMs,
      onSocket: (protocol, found) => sockets.push(`${protocol} ${found ? 'hit' : 'miss'}`),
      knowledge: new ServerKnowledge(),
    },
  );
  const ask = (name = 'a.example.', asking: Partial<Asking> = {}, type = 'A') =>
    client.ask(givenQuery(name, type), { ...PATIENT, endMs: nowMs() + 30_000, ...asking });
  return { client, ask, sockets, clock };
}

export function givenQuery(name: string, type = 'A', change: Partial<Message> = {}): Message {
  return queryMessage(name, type, {
    id: 0x1234,
    edns: { udpSize: 1232, version: 0, dnssecOk: false, options: [] },
    ...change,
  });
}
