/**
 * What must hold for any packet, as properties of fast-check:
 *
 *   packet ─┬─ table ─┬─ the same octets, and checkReply of them
 *           ├─ chain ─┘
 *           └─ chain with every plugin ─► checkReply, and no plugin threw
 *   stream of packets, in any pieces ─► the same packets
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { RCODE } from '../../libs/dns/iana.ts';
import { framed, TcpFraming } from '../../libs/socket/tcp-framing.ts';
import { DROP, HAND_OVER } from '../../libs/table/answerer.ts';
import type { Client } from '../../services/resolver/query.ts';
import type { GivenFederation } from '../conformance/given-federation.ts';
import { checkReply } from './check-reply.ts';
import { cuts, packets } from './packets.ts';
import { givenPlugins, panicsOf } from './servers.ts';
import { pieces } from './streams.ts';

const clients: fc.Arbitrary<Client> = fc.record({
  address: fc.constantFrom('192.0.2.7', '198.51.100.9', '10.0.2.1', '2001:db8::7'),
  port: fc.constantFrom(53, 5353, 65_535),
  transport: fc.constantFrom('udp', 'tcp'),
});

/** How many packets were answered by whom: a fuzzer whose packets are all refused finds nothing. */
export interface Tally {
  packets: number;
  fromTable: number;
  fromChain: number;
  silent: number;
}

export function newTally(): Tally {
  return { packets: 0, fromTable: 0, fromChain: 0, silent: 0 };
}

/** The table says what the chain says, and both what is right. */
export function tableAndChain(
  federation: GivenFederation,
  tally: Tally,
): fc.IAsyncProperty<[Uint8Array, Client]> {
  return fc.asyncProperty(packets, clients, async (packet, client) => {
    const { table, chain } = await federation.saidTo(packet, client);
    checkReply(packet, client.transport, chain);
    tally.packets++;
    if (table instanceof Uint8Array) {
      tally.fromTable++;
      assert.deepEqual(Buffer.from(table), chain && Buffer.from(chain), 'table and chain differ');
    } else if (chain === undefined) tally.silent++;
    else {
      tally.fromChain++;
      assert.equal(table, HAND_OVER, 'the table drops what the chain answers');
    }
    if (chain === undefined) assert.equal(table, DROP, 'the chain is silent, the table is not');
    if (isFailure(chain)) assert.equal(await panicsOf(federation.metrics), 0);
  });
}

/** No plugin throws, and the reply is right whatever they made of it. */
export function everyPlugin(tally: Tally): fc.IAsyncProperty<[Uint8Array, Client]> {
  const { server, metrics } = givenPlugins();
  return fc.asyncProperty(packets, clients, async (packet, client) => {
    const reply = await server.answerPacket(packet, client);
    checkReply(packet, client.transport, reply);
    tally.packets++;
    if (reply === undefined) tally.silent++;
    else tally.fromChain++;
    if (isFailure(reply)) assert.equal(await panicsOf(metrics), 0, 'a plugin threw');
  });
}

/** What a plugin that threw leaves behind. */
function isFailure(reply: Uint8Array | undefined): boolean {
  return reply !== undefined && ((reply[3] ?? 0) & 15) === RCODE.SERVFAIL;
}

/** However TCP cuts them, messages come out as they went in. */
export function framing(): fc.IProperty<[Uint8Array[], number[]]> {
  return fc.property(fc.array(packets, { maxLength: 6 }), cuts, (messages, sizes) => {
    const framing = new TcpFraming();
    const read = pieces(Buffer.concat(messages.map(framed)), sizes).flatMap((piece) =>
      framing.push(piece).map((octets) => Buffer.from(octets)),
    );
    const sent = messages.map((octets) => Buffer.from(octets));
    assert.deepEqual(read, sent);
    assert.equal(framing.isWithin, false);
  });
}
