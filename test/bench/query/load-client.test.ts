/** The client against servers that this test plays: what it takes for right, lost and wrong. */
import assert from 'node:assert/strict';
import { createSocket, type RemoteInfo } from 'node:dgram';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { makeTempDirectory, removeTempDirectory } from '../../servers/temp-directory.ts';
import { compile, type Load, runLoad } from './load-client.ts';
import { type Question, questionFile } from './questions.ts';

/** Gives the answer to a question, or keeps it for later. */
type Answer = (packet: Buffer, from: RemoteInfo, send: (reply: Buffer) => void) => void;

const QUESTIONS: readonly Question[] = Array.from({ length: 10 }, (_, i) => ({
  name: `host-${i}.example.`,
  type: 'A',
  rcode: 3,
  answers: 0,
}));
/** Twice as long as the client waits for an answer (load.c). */
const SECONDS = 2;
const WARM_UP_SECONDS = 0.1;
/** Answers held back, of the 100 that the closed loop has out; after the warm-up. */
const HELD = 50;
const HOLD_AFTER_MS = 200;

describe('the client', () => {
  const folder = makeTempDirectory();
  const file = join(folder, 'questions');
  let client = '';

  before(() => {
    client = compile('load', folder);
    writeFileSync(file, questionFile(QUESTIONS));
  });
  after(() => removeTempDirectory(folder));

  async function against(answer: Answer, load: 'saturated' | '5000'): Promise<Load> {
    const socket = createSocket('udp4');
    socket.on('message', (packet: Buffer, from: RemoteInfo) =>
      answer(packet, from, (reply) => socket.send(reply, from.port, from.address)),
    );
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    try {
      return await runLoad(client, {
        questionFile: file,
        port: socket.address().port,
        pids: [process.pid],
        load,
        rate: 5000,
        seconds: SECONDS,
        warmUpSeconds: WARM_UP_SECONDS,
        isEcho: false,
        core: 0,
      });
    } finally {
      socket.close();
    }
  }

  test('finds right answers right', async () => {
    const load = await against((packet, _, send) => send(denied(packet)), 'saturated');
    assert.ok(load.answered > 0);
    assert.equal(load.wrong, 0);
  });

  test('finds the answer to another of its questions wrong', async () => {
    let before: Buffer | undefined;
    const swapped: Answer = (packet, _, send) => {
      const reply = denied(before ?? packet);
      packet.copy(reply, 0, 0, 2); // under the ID of this one
      before = packet;
      send(reply);
    };
    const load = await against(swapped, '5000');
    assert.ok(load.wrong > 0);
  });

  for (const load of ['saturated', '5000'] as const) {
    test(`loses what has no answer, and uses no such ID again: ${load}`, async () => {
      const held = new Map<string, Buffer>();
      let begunMs: number | undefined;
      let seen = 0;
      const slow: Answer = (packet, from, send) => {
        begunMs ??= performance.now();
        const passedMs = performance.now() - begunMs;
        const id = `${from.port} ${packet.readUInt16BE(0)}`;
        const late = held.get(id);
        if (late !== undefined) send(late); // the ID is used again
        if (passedMs < HOLD_AFTER_MS || seen++ >= HELD) send(denied(packet));
        else held.set(id, denied(packet));
      };
      const { answered, lost, wrong } = await against(slow, load);
      assert.ok(answered > 0 && lost > 0);
      assert.equal(wrong, 0);
    });
  }
});

/** NXDOMAIN, and nothing else. */
function denied(packet: Buffer): Buffer {
  const reply = Buffer.from(packet);
  reply.writeUInt16BE(0x8183, 2);
  return reply;
}
