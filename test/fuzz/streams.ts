/** Octets over TCP, to a real listener: what a client may send that is broken, slow or hostile. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import fc from 'fast-check';
import { framed, TcpFraming } from '../../libs/socket/tcp-framing.ts';
import { checkReply } from './check-reply.ts';
import { cuts, packets } from './packets.ts';

/** A stream in pieces of one octet and these more, in turn. */
export function pieces(stream: Uint8Array, sizes: readonly number[]): readonly Uint8Array[] {
  const list: Uint8Array[] = [];
  for (let at = 0, i = 0; at < stream.length; i++) {
    const end = at + 1 + (sizes[i % sizes.length] ?? 0);
    list.push(stream.subarray(at, end));
    at = end;
  }
  return list;
}

/**
 * Each message has its reply; what is left of a message that does not end has none, and the server
 * closes.
 */
export function streams(port: number): fc.IAsyncProperty<[Uint8Array[], number[], Uint8Array]> {
  const rest = fc.uint8Array({ maxLength: 12 }).filter(isUnfinished);
  const lists = fc.array(packets, { maxLength: 5 });
  return fc.asyncProperty(lists, cuts, rest, async (messages, sizes, tail) => {
    const stream = Buffer.concat([...messages.map(framed), tail]);
    const replies = await exchange(port, pieces(stream, sizes));
    // What is more than a header fits one question only, so it is looked for first.
    const left = new Set(replies.toSorted((a, b) => b.length - a.length));
    for (const message of messages) {
      const reply = [...left].find((one) => isReplyTo(message, one));
      checkReply(message, 'tcp', reply);
      if (reply !== undefined) left.delete(reply);
    }
    assert.equal(left.size, 0, 'replies to nothing');
  });
}

function isReplyTo(message: Uint8Array, reply: Uint8Array): boolean {
  try {
    checkReply(message, 'tcp', reply);
    return true;
  } catch {
    return false;
  }
}

/** The begin of a message that is longer. */
function isUnfinished(octets: Uint8Array): boolean {
  return octets.length < 2 || octets.length < 2 + (((octets[0] ?? 0) << 8) | (octets[1] ?? 0));
}

async function exchange(
  port: number,
  parts: readonly Uint8Array[],
): Promise<readonly Uint8Array[]> {
  const socket = connect(port, '127.0.0.1');
  socket.setNoDelay(true);
  const framing = new TcpFraming();
  const replies: Uint8Array[] = [];
  socket.on('data', (octets) => replies.push(...framing.push(octets)));
  for (const part of parts) socket.write(part);
  socket.end();
  await once(socket, 'close');
  return replies;
}
