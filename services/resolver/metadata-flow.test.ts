/** Facts of a query on their way: from the plugin that knows them into the line of the log. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCorefile } from '../../libs/corefile/parser.ts';
import { encode } from '../../libs/dns/encode.ts';
import { RCODE } from '../../libs/dns/iana.ts';
import { query } from '../../libs/table/asking.ts';
import { createLog } from '../../libs/telemetry/log.ts';
import { Metrics } from '../../libs/telemetry/metrics.ts';
import { configure } from './configuration.ts';
import type { Plugin } from './plugin.ts';
import { setup as log } from './plugins/log/setup.ts';
import { setup as metadata } from './plugins/metadata/setup.ts';
import { emptyResponse } from './response.ts';
import { Server } from './server.ts';

/** Knows the namespace of a query, and answers all. */
const kubernetes: Plugin = {
  name: 'kubernetes',
  metadata: ({ name }) => [['kubernetes/namespace', () => name.split('.')[1] ?? '']],
  handle: async () => emptyResponse(RCODE.NXDOMAIN),
};

/** The lines that a server writes for one question. */
async function written(lines: string, question: string): Promise<readonly string[]> {
  const output: string[] = [];
  const source = { file: 'Corefile', text: `. {\n${lines}\nkubernetes\n}` };
  const corefile = parseCorefile(source, { environment: {}, readFiles: () => [] });
  const dependencies = { log: createLog((line) => output.push(line)), metrics: new Metrics() };
  const setups = { log, metadata, kubernetes: () => kubernetes };
  const [listener] = configure(corefile, { ...dependencies, setups }).listeners;
  assert.ok(listener !== undefined);
  const server = new Server(listener, { ...dependencies, nowMs: () => 0 });
  const client = { address: '192.0.2.7', port: 5353, transport: 'udp' } as const;
  await server.answerPacket(encode(query(question)), client);
  return output;
}

const LOG = 'log . "{name} {rcode} {/kubernetes/namespace}"';

test('what a plugin knows of a query is in its line', async () => {
  assert.deepEqual(await written(`${LOG}\nmetadata`, 'web.shop.svc. A'), [
    '[INFO] web.shop.svc. NXDOMAIN shop',
  ]);
});

test('nothing is known of a query outside of the zones of metadata, or without it', async () => {
  const line = '[INFO] web.shop.svc. NXDOMAIN -';
  assert.deepEqual(await written(`${LOG}\nmetadata example`, 'web.shop.svc. A'), [line]);
  assert.deepEqual(await written(LOG, 'web.shop.svc. A'), [line]);
});
