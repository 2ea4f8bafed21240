/** A Corefile whose redisc changes while clients ask: none is lost, and what is kept is kept. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findServer, missingServer } from '../servers/find-server.ts';
import { freePort } from '../servers/free-port.ts';
import { startRedis } from '../servers/redis.ts';
import { answerTo, startUpstream } from '../servers/upstream.ts';
import { short } from './ask.ts';
import { Load } from './load.ts';
import { startReloadProcess } from './reload-process.ts';

const binary = findServer('redis-server') ?? '';
const ADDRESS = '192.0.2.80';
const ANSWERS = 500;

test('redisc comes, changes its Redis and goes, and the cache above knows what it knew', {
  skip: binary === '' && missingServer('redis-server'),
}, async (t) => {
  const [redis, other] = [await startRedis(binary), await startRedis(binary)];
  const upstream = await startUpstream((query) => [
    answerTo(query, [`${query.question?.name} 300 IN A ${ADDRESS}`]),
  ]);
  t.after(async () => {
    await upstream.close();
    await Promise.all([redis.stop(), other.stop()]);
  });
  const [port, metricsPort] = [await freePort(), await freePort()];
  const text = (redisc: string) => `.:${port} {
    bind 127.0.0.1
    prometheus 127.0.0.1:${metricsPort}
    reload 1h
    cache
    ${redisc}
    forward . 127.0.0.1:${upstream.port}
}
`;
  const running = await startReloadProcess(t, text(''), metricsPort);
  const size = async ({ first }: typeof redis) => (await first.command('DBSIZE')).trim();
  const untilWritten = async (where: typeof redis) => {
    let n = 0;
    const isWritten = async () => {
      await short(port, `new-${n++}-${where.first.port}.example`);
      return (await size(where)) !== ':0';
    };
    await running.isthmus.until(isWritten, 'it is written');
  };
  assert.equal(await short(port, 'known.example'), ADDRESS);
  const load = new Load(port, { 'known.example.': [ADDRESS] }, 4);

  await running.reload(text(`redisc {\n endpoint ${redis.url}\n}`));
  await untilWritten(redis);
  await running.reload(text(`redisc {\n endpoint ${other.url}\n timeout 20ms\n}`));
  await untilWritten(other);
  assert.doesNotMatch(running.isthmus.output, /Cannot|redisc:/);
  await running.reload(text(''));
  await load.more(ANSWERS);
  await load.stop();

  assert.deepEqual({ wrong: load.wrong, lost: load.lost }, { wrong: [], lost: 0 });
  const asked = upstream.asked.filter((line) => line.includes(' known.example. '));
  assert.equal(asked.length, 1, 'it was kept all along');
});
