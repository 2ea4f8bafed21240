import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { createLog } from '../../../libs/telemetry/log.ts';
import { makeTempDirectory, removeTempDirectory } from '../../../test/servers/temp-directory.ts';
import { UsageError } from '../flags.ts';
import { askProcess } from './ask-process.ts';
import { type Request, serveWords, socketPath, type WordServerOptions } from './serve-words.ts';

const STATUS: Request = {
  ...{ verb: 'status', of: undefined, cluster: undefined, at: undefined },
  ...{ output: 'json', federation: undefined },
};

function stateOf(t: TestContext): string {
  const state = makeTempDirectory();
  t.after(() => removeTempDirectory(state));
  return state;
}

async function served(
  t: TestContext,
  answer: WordServerOptions['answer'],
  state = stateOf(t),
): Promise<{ readonly state: string; readonly lines: readonly string[] }> {
  const lines: string[] = [];
  const server = await serveWords({ state, answer, log: createLog((line) => lines.push(line)) });
  t.after(() => server.close());
  return { state, lines };
}

/** What the socket says to these octets. */
function said(state: string, octets: string): Promise<string> {
  return new Promise((done, failed) => {
    const socket = connect(socketPath(state), () => socket.write(octets));
    let received = '';
    socket.setEncoding('utf8').on('data', (chunk) => (received += chunk));
    socket.on('end', () => done(received)).on('error', failed);
  });
}

describe('a process that is asked over its socket', () => {
  test('is told all of it, and its text is given', async (t) => {
    const asked: Request[] = [];
    const { state } = await served(t, async (request) => {
      asked.push(request);
      return 'two\nlines';
    });
    const pin: Request = {
      ...{ verb: 'pin', of: 'shop/web', cluster: 'east', at: '10m', output: 'table' },
      federation: 'prod',
    };
    assert.equal(await askProcess(state, STATUS), 'two\nlines');
    assert.equal(await askProcess(state, pin), 'two\nlines');
    assert.deepEqual(asked, [STATUS, pin]);
  });

  test('hears nobody but its own user', async (t) => {
    const { state } = await served(t, async () => '');
    assert.equal(statSync(socketPath(state)).mode & 0o777, 0o600);
  });

  test('tells what is wrong, and of what kind it is', async (t) => {
    const { state } = await served(t, async ({ at }) => {
      throw at === undefined ? new Error('Cannot: it is so') : new UsageError('Cannot use it');
    });
    await assert.rejects(askProcess(state, STATUS), { name: 'Error', message: 'Cannot: it is so' });
    const used = { ...STATUS, at: 'x' };
    await assert.rejects(askProcess(state, used), { name: 'UsageError', message: 'Cannot use it' });
  });

  test('refuses what is no request of its version', async (t) => {
    const { state } = await served(t, async () => 'done');
    assert.match(await said(state, 'x\n'), /^\{"code":2,"text":"Cannot read the request/);
    assert.match(await said(state, '{"verb":"explode"}\n'), /Cannot run \\"explode\\"/);
    assert.match(await said(state, `"${'x'.repeat(5000)}`), /no JSON object on a line of 4 KiB/);
    assert.match(
      await said(state, '{"verb":"status"}\n{"verb":'),
      /^\{"code":0,"text":"done"\}\n$/,
    );
  });
});

test('a socket that a killed process left behind is taken over', async (t) => {
  const state = stateOf(t);
  const listen = `require('net').createServer().listen('${socketPath(state)}', () => console.log())`;
  const dead = spawn(process.execPath, ['-e', listen], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(dead.stdout, 'data');
  dead.kill('SIGKILL');
  await once(dead, 'close');
  assert.ok(existsSync(socketPath(state)));
  await served(t, async () => 'done', state);
  assert.equal(await askProcess(state, STATUS), 'done');
});

test('a socket at which a process hears is left to it', async (t) => {
  const { state } = await served(t, async () => 'of the first');
  const other = await served(t, async () => 'of the second', state);
  assert.match(other.lines.join(), /another process hears there/);
  assert.equal(await askProcess(state, STATUS), 'of the first');
});

test('what is no socket stays, and a warning says so', async (t) => {
  const state = stateOf(t);
  writeFileSync(socketPath(state), 'mine');
  const { lines } = await served(t, async () => '', state);
  assert.match(lines.join(), /^\[WARNING\] Cannot hear operators at ".*control\.sock": /);
  assert.ok(existsSync(socketPath(state)));
});

test('where no process is, who asks is told what to do', async (t) => {
  await assert.rejects(askProcess(stateOf(t), STATUS), {
    message:
      /^Cannot ask the process at ".*control\.sock": none is there; expected a running isthmus .*--log nats/,
  });
});

test('a state directory is made, and one too deep for a socket costs a warning', async (t) => {
  const { state, lines } = await served(t, async () => 'done', join(stateOf(t), 'a', 'b'));
  assert.equal(await askProcess(state, STATUS), 'done');
  assert.deepEqual(lines, []);
  const deep = join(stateOf(t), 'x'.repeat(100));
  const { lines: warned } = await served(t, async () => '', deep);
  assert.match(
    warned.join(),
    /Cannot hear operators at .*: a socket's path may have 103 octets, an/,
  );
  await assert.rejects(askProcess(deep, STATUS), {
    message: /^Cannot ask the process at ".*": a socket's path may have 103 octets, and this one h/,
  });
});
