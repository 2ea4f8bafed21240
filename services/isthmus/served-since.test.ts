import assert from 'node:assert/strict';
import { chmodSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { createMemoryLogs } from '../../libs/log/memory.ts';
import { createLog } from '../../libs/telemetry/log.ts';
import { makeTempDirectory, removeTempDirectory } from '../../test/servers/temp-directory.ts';
import { ServedSince } from './served-since.ts';

const PLACE = ['dns://:53', 'cluster.local.'];
const SHOP = { namespaces: new Set(['shop']), ttl: 5 };

describe('zones are served by the options of now', () => {
  let state = '';
  beforeEach(() => {
    state = makeTempDirectory();
  });
  afterEach(() => removeTempDirectory(state));

  const logOf = () => createMemoryLogs().open('east');
  const tell = async (log: ReturnType<typeof logOf>) => {
    const { position } = await log.head();
    await log.append(position, [{ subject: 's', data: new Uint8Array(1), id: `${position}` }]);
  };
  /** Each a start of its own. */
  const sinceOf = (log: ReturnType<typeof logOf>, options: unknown = SHOP, place = PLACE) =>
    new ServedSince(join(state, 'zones'), createLog(assert.fail)).of({ place, options }, [log]);

  test('since the first start, whatever happens meanwhile', async () => {
    const log = logOf();
    assert.equal(await sinceOf(log), 0);
    await tell(log);
    assert.equal(await sinceOf(log), 0);
    assert.equal(await sinceOf(log, { namespaces: new Set(['shop']), ttl: 5 }), 0);
  });

  test('since the start with other options, also when those of before come back', async () => {
    const log = logOf();
    await sinceOf(log);
    await tell(log);
    assert.equal(await sinceOf(log, { ...SHOP, namespaces: new Set(['ops']) }), 1);
    await tell(log);
    assert.equal(await sinceOf(log), 2);
  });

  test('also where another rule is the only difference', async () => {
    const log = logOf();
    const rules = (cluster: string) => ({ rules: { services: new Map([['shop/web', cluster]]) } });
    await sinceOf(log, rules('east'));
    await tell(log);
    assert.equal(await sinceOf(log, rules('east')), 0);
    assert.equal(await sinceOf(log, rules('west')), 1);
  });

  test('at each place by itself', async () => {
    const log = logOf();
    await sinceOf(log);
    await tell(log);
    assert.equal(await sinceOf(log, SHOP, ['dns://:54', 'cluster.local.']), 1);
    assert.equal(await sinceOf(log), 0);
  });

  test('since the start with another log', async () => {
    await sinceOf(logOf());
    const log = logOf();
    await tell(log);
    assert.equal(await sinceOf(log), 1);
  });

  test('since the sum of the positions of several logs', async () => {
    const logs = [logOf(), logOf()];
    for (const log of [...logs, ...logs]) await tell(log);
    const since = new ServedSince(join(state, 'zones'), createLog(assert.fail));
    assert.equal(await since.of({ place: PLACE, options: SHOP }, logs), 4);
  });

  test('since now where the file is damaged', async () => {
    const log = logOf();
    await sinceOf(log);
    await tell(log);
    const [file = ''] = readdirSync(join(state, 'zones'));
    writeFileSync(join(state, 'zones', file), '{');
    assert.equal(await sinceOf(log), 1);
  });

  test('since now where nothing can be written, which a warning says', async () => {
    const lines: string[] = [];
    writeFileSync(join(state, 'zones'), '');
    chmodSync(join(state, 'zones'), 0o400);
    const since = new ServedSince(
      join(state, 'zones'),
      createLog((line) => lines.push(line)),
    );
    const log = logOf();
    await tell(log);
    assert.equal(await since.of({ place: PLACE, options: SHOP }, [log]), 1);
    assert.match(lines.join(''), /after the next start, secondaries get their zones whole: E/);
  });
});
