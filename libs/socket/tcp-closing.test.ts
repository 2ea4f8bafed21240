import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { describe, test } from 'node:test';
import { dial, echo, gone, message, NEVER_MS, open, receive, textOf } from './given-tcp.ts';
import { openTcp } from './tcp.ts';

describe('a TCP listener', () => {
  test('answers what came before it closes, and no more', async (t) => {
    const { promise, resolve } = Promise.withResolvers<Uint8Array | undefined>();
    const asked: string[] = [];
    const { listener, port } = await open(t, (packet) => {
      asked.push(textOf(packet));
      return promise;
    });
    const [asking, idle] = [await dial(port), await dial(port)];
    const idleIsGone = gone(idle);
    idle.resume();
    asking.write(message('query'));
    const closed = listener.close(NEVER_MS);
    await idleIsGone;
    asking.write(message('late'));
    const over = gone(asking);
    resolve(Buffer.from('at last'));
    assert.deepEqual(await receive(asking, 1), ['at last']);
    await over;
    await closed;
    assert.deepEqual(asked, ['query']);
  });

  test('is followed by another at its port, which gets connections once it serves', async (t) => {
    const { listener, port, admission } = await open(t, () => Buffer.from('old'));
    const answer = () => Buffer.from('new');
    const givenUp = await listener.followedBy({ answer, admission });
    await givenUp.close();
    const next = await listener.followedBy({ answer, admission });
    t.after(() => next.close());
    const ask = async (client: Socket) => {
      client.write(message('query'));
      return (await receive(client, 1)).join();
    };
    const before = await dial(port);
    assert.equal(await ask(before), 'old');
    next.serve();
    const client = await dial(port);
    t.after(() => client.destroy());
    assert.equal(await ask(before), 'old');
    assert.equal(await ask(client), 'new');
    const over = gone(before);
    await listener.close();
    await over;
    assert.equal(await ask(client), 'new');
  });

  test('notices who has its port, but for one of ours that is in the way', async (t) => {
    const { port, admission } = await open(t);
    const options = { endpoint: { address: '', port }, answer: echo, admission };
    await assert.rejects(openTcp(options), { code: 'EADDRINUSE' });
    const shared = await openTcp({ ...options, isBesideOwn: true });
    await shared.close();
  });

  test('ends what is open when it closes', async (t) => {
    const { listener, port } = await open(t, () => new Promise(() => {}));
    const client = await dial(port);
    client.write(message('query'));
    const closed = gone(client);
    await listener.close();
    await closed;
  });
});
