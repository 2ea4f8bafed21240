import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { describe, test } from 'node:test';
import { dial, echo, gone, message, open, receive, textOf, turn } from './given-tcp.ts';
import { openTcp } from './tcp.ts';
import type { TcpAnswer } from './tcp-connection.ts';
import { TcpFraming } from './tcp-framing.ts';

describe('TCP framing', () => {
  test('gives the same messages, however the stream is cut', () => {
    const stream = Buffer.concat([message('one'), message(''), message('x'.repeat(300))]);
    for (const size of [1, 2, 3, 7, 299, stream.length]) {
      const framing = new TcpFraming();
      const messages: string[] = [];
      for (let at = 0; at < stream.length; at += size) {
        const whole = framing.push(stream.subarray(at, at + size));
        messages.push(...whole.map(textOf));
      }
      assert.deepEqual(messages, ['one', '', 'x'.repeat(300)], `pieces of ${size}`);
      assert.equal(framing.isWithin, false);
    }
  });
});

describe('a TCP listener', () => {
  test('a message that we did not read on is not late', async (t) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const answer: TcpAnswer = async (packet) => {
      if (textOf(packet) === 'slow') await promise;
      return packet;
    };
    const limits = { pipelinedMax: 1, readMs: 100 };
    const { port, admission } = await open(t, answer, limits);
    const client = await dial(port);
    const [begin, rest] = [message('third').subarray(0, 3), message('third').subarray(3)];
    client.write(Buffer.concat([message('slow'), message('second'), begin, rest.subarray(0, 1)]));
    setTimeout(() => {
      client.write(rest.subarray(1));
      resolve();
    }, 300);
    assert.deepEqual(await receive(client, 3), ['slow', 'second', 'third']);
    assert.equal(admission.timedOut.read, 0);
  });

  test('closes after so many answers, and leaves other listeners alone', async (t) => {
    const { port, admission } = await open(t);
    const endpoint = { address: '127.0.0.1', port: 0 };
    const answer: TcpAnswer = async (packet) => packet;
    const limits = { queriesMax: 2 };
    const limited = await openTcp({ endpoint, answer, admission, limits });
    t.after(() => limited.close());
    const three = Buffer.concat([message('one'), message('two'), message('three')]);

    const client = await dial(limited.endpoint.port);
    const closed = gone(client);
    client.write(three);
    assert.deepEqual(await receive(client, 2), ['one', 'two']);
    await closed;

    const free = await dial(port);
    free.write(three);
    assert.deepEqual(await receive(free, 3), ['one', 'two', 'three']);
    free.destroy();
  });

  test('answers in the order in which answers are ready', async (t) => {
    const { promise, resolve } = Promise.withResolvers<Uint8Array | undefined>();
    const { port } = await open(t, (packet) => (textOf(packet) === 'slow' ? promise : packet));
    const client = await dial(port);
    client.write(Buffer.concat([message('slow'), message('fast')]));
    assert.deepEqual(await receive(client, 1), ['fast']);
    resolve(Buffer.from('at last'));
    assert.deepEqual(await receive(client, 1), ['at last']);
    client.destroy();
  });

  test('takes a message octet by octet', async (t) => {
    const { port } = await open(t);
    const client = await dial(port);
    client.setNoDelay(true);
    const received = receive(client, 2);
    for (const octet of Buffer.concat([message('octet by octet'), message('and again')])) {
      await new Promise((sent) => client.write(Buffer.from([octet]), sent));
    }
    assert.deepEqual(await received, ['octet by octet', 'and again']);
    client.destroy();
  });

  test('answers what a client asked that writes no more', async (t) => {
    const { promise, resolve } = Promise.withResolvers<Uint8Array | undefined>();
    const { port, admission } = await open(t, (packet) => {
      return textOf(packet) === 'slow' ? promise : packet;
    });
    const client = await dial(port);
    const over = gone(client);
    // The last message is cut off: it never was asked.
    const octets = Buffer.concat([
      message('slow'),
      message('fast'),
      message('half').subarray(0, 4),
    ]);
    client.end(octets);
    assert.deepEqual(await receive(client, 1), ['fast']);
    const last = receive(client, 1);
    resolve(Buffer.from('at last'));
    assert.deepEqual(await last, ['at last']);
    await over;
    assert.deepEqual(admission.timedOut, { idle: 0, read: 0, write: 0 });
  });

  test('has no more queries of a connection at once than its limit, and answers all', async (t) => {
    const waiting: ((answer: Uint8Array) => void)[] = [];
    const answer = () => new Promise<Uint8Array>((resolve) => waiting.push(resolve));
    const { port } = await open(t, answer, { pipelinedMax: 3 });
    const client = await dial(port);
    const received = receive(client, 10);
    client.write(Buffer.concat(Array.from({ length: 10 }, () => message('query'))));
    for (let answered = 0; answered < 10; ) {
      await turn();
      assert.ok(waiting.length <= 3, `${waiting.length} at once`);
      const resolve = waiting.shift();
      if (resolve === undefined) continue;
      answered++;
      resolve(Buffer.from('answer'));
    }
    assert.equal((await received).length, 10);
    client.destroy();
  });

  test('refuses connections above the limits, and takes others when those are gone', async (t) => {
    const limits = { connectionsMax: 3, connectionsPerClientMax: 2 };
    const { port, admission } = await open(t, echo, limits);
    // Another listener of the same limits.
    const beside = await openTcp({
      endpoint: { address: '127.0.0.1', port: 0 },
      answer: echo,
      admission,
    });
    t.after(() => beside.close());
    const first = await dial(port);
    const second = await dial(beside.endpoint.port);
    const third = connect({ port, host: '127.0.0.1' });
    await gone(third);
    assert.deepEqual([admission.open, admission.refused], [2, 1]);
    const other = await dial(port, '127.0.0.2');
    other.write(message('hello'));
    assert.deepEqual(await receive(other, 1), ['hello']);
    const excess = connect({ port, host: '127.0.0.1', localAddress: '127.0.0.3' });
    await gone(excess);
    assert.equal(admission.refused, 2);

    first.destroy();
    while (admission.open === 3) await turn();
    const again = await dial(port);
    again.write(message('again'));
    assert.deepEqual(await receive(again, 1), ['again']);
    for (const client of [second, other, again]) client.destroy();
    while (admission.open > 0) await turn();
    assert.equal(admission.refused, 2);
  });
});

describe('a TCP connection closes, and is counted,', () => {
  test('when nothing happens on it, but not while a query is answered', async (t) => {
    let release = () => {};
    const answer = () => {
      const { promise, resolve } = Promise.withResolvers<Uint8Array | undefined>();
      release = () => resolve(Buffer.from('late'));
      return promise;
    };
    const { port, admission } = await open(t, answer, { idleMs: 40 });
    const asking = await dial(port);
    asking.write(message('query'));
    // One that asks nothing shows that the time is over.
    await gone(await dial(port));
    await gone(await dial(port));
    assert.deepEqual(admission.timedOut, { idle: 2, read: 0, write: 0 });
    const late = receive(asking, 1);
    release();
    assert.deepEqual(await late, ['late']);
    await gone(asking);
    assert.deepEqual(admission.timedOut, { idle: 3, read: 0, write: 0 });
  });

  test('when a message never ends, however busy its client is', async (t) => {
    const { port, admission } = await open(t, echo, { readMs: 50 });
    const client = await dial(port);
    const over = gone(client);
    const drip = setInterval(() => client.write(Buffer.from([0])), 10);
    client.write(Buffer.from([0xff]));
    t.after(() => clearInterval(drip));
    await over;
    assert.deepEqual(admission.timedOut, { idle: 0, read: 1, write: 0 });
  });

  test('when its client does not read', async (t) => {
    const large = new Uint8Array(60_000);
    const { port, admission } = await open(t, () => large, { writeMs: 50 });
    const client = await dial(port);
    client.pause();
    client.on('error', () => {});
    client.write(Buffer.concat(Array.from({ length: 2000 }, () => message('query'))));
    while (admission.open > 0) await turn();
    assert.deepEqual(admission.timedOut, { idle: 0, read: 0, write: 1 });
    client.destroy();
  });
});

test('no more is read from a client that does not read its answers', async (t) => {
  let asked = 0;
  const large = new Uint8Array(60_000);
  const answer = () => {
    asked++;
    return large;
  };
  const { port } = await open(t, answer);
  const client = await dial(port);
  client.pause();
  const count = 2000;
  client.write(Buffer.concat(Array.from({ length: count }, () => message('query'))));
  // It stops on its own, far before the last: what the kernels buffer is a few MiB.
  let before = -1;
  while (asked !== before) {
    before = asked;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.ok(asked < count / 2, `${asked} answered`);
  const received = receive(client, count);
  client.resume();
  assert.equal((await received).length, count);
  client.destroy();
});

describe('a response of many messages', () => {
  const MANY = 5000;
  const large = 'x'.repeat(10_000);

  /** A stream of its messages; `made` and `over` tell how far it went. */
  const streaming = (count: number, text: (i: number) => string) => {
    const state = { made: 0, over: false };
    const answer: TcpAnswer = (packet) => {
      if (textOf(packet) !== 'stream') return packet;
      const more = function* () {
        try {
          for (; state.made < count; state.made++) yield Buffer.from(text(state.made));
        } finally {
          state.over = true;
        }
      };
      return { first: Buffer.from('first'), more: more() };
    };
    return { state, answer };
  };

  test('comes whole and in order, also to who writes no more', async (t) => {
    const { answer } = streaming(100, (i) => `${i}`);
    const { port } = await open(t, answer);
    const client = await dial(port);
    const over = gone(client);
    client.end(message('stream'));
    const expected = ['first', ...Array.from({ length: 100 }, (_, i) => `${i}`)];
    assert.deepEqual(await receive(client, 101), expected);
    await over;
  });

  test('lets other queries of the connection be answered before its end', async (t) => {
    const { state, answer } = streaming(MANY, () => large);
    const { port } = await open(t, answer);
    const client = await dial(port);
    client.write(Buffer.concat([message('stream'), message('other'), message('stream')]));
    assert.deepEqual((await receive(client, 3)).slice(0, 2), ['first', 'other']);
    assert.ok(state.made < MANY);
    client.destroy();
  });

  test('is made as far as the client reads, and ends with the connection', async (t) => {
    const { state, answer } = streaming(MANY, () => large);
    const { port, admission } = await open(t, answer, { writeMs: 50 });
    const client = await dial(port);
    client.on('error', () => {});
    client.pause();
    client.write(message('stream'));
    while (!state.over) await turn();
    assert.ok(state.made < MANY, `${state.made} made`);
    assert.deepEqual(admission.timedOut, { idle: 0, read: 0, write: 1 });
    client.destroy();
  });

  test('that fails ends the connection', async (t) => {
    const { answer } = streaming(3, (i) => {
      if (i === 2) throw new Error('broken');
      return `${i}`;
    });
    const { port } = await open(t, answer);
    const client = await dial(port);
    const over = gone(client);
    client.write(message('stream'));
    assert.deepEqual(await receive(client, 3), ['first', '0', '1']);
    await over;
  });

  test('counts as a query of the connection until its end', async (t) => {
    const { answer } = streaming(3, (i) => `${i}`);
    const { port } = await open(t, answer, { pipelinedMax: 1 });
    const client = await dial(port);
    client.write(Buffer.concat([message('stream'), message('other')]));
    assert.deepEqual(await receive(client, 5), ['first', '0', '1', '2', 'other']);
    client.destroy();
  });
});
