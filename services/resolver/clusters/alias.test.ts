/** The target of an ExternalName is asked of the whole listener, whichever server block has it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCorefile } from '../../../libs/corefile/parser.ts';
import { decode } from '../../../libs/dns/decode.ts';
import { encode } from '../../../libs/dns/encode.ts';
import { RCODE } from '../../../libs/dns/iana.ts';
import { formatRecord, parseRecord } from '../../../libs/dns/presentation.ts';
import type { ClusterObject } from '../../../libs/event/object.ts';
import { SILENT } from '../../../libs/telemetry/log.ts';
import { Metrics } from '../../../libs/telemetry/metrics.ts';
import { queryOf } from '../../../test/plugin/ask-plugin.ts';
import { configure } from '../configuration.ts';
import type { Setup } from '../plugin.ts';
import { kubernetesSetup } from '../plugins/kubernetes/setup.ts';
import { emptyResponse } from '../response.ts';
import { Server } from '../server.ts';
import { layersOfStanza } from '../stanza/stanza-layers.ts';
import { givenRuntime } from './given-runtime.ts';

const alias = (name: string, externalName: string): ClusterObject => ({
  kind: 'Service',
  namespace: 'shop',
  name,
  type: 'ExternalName',
  clusterIPs: [],
  headless: false,
  externalName,
  ports: [],
});
const OBJECTS = [
  alias('pay', 'x.stub.test'),
  alias('there', 'back.shop.svc.b.test'),
  alias('back', 'there.shop.svc.a.test'),
];
const kubernetes = kubernetesSetup((stanzas) =>
  givenRuntime(
    stanzas.flatMap((stanza) => layersOfStanza(stanza, 'east')),
    { east: OBJECTS },
  ),
);
/** A stub domain: all of its names have this address. */
const stub: Setup = () => ({
  name: 'file',
  handle: async ({ name }) => ({
    ...emptyResponse(RCODE.NOERROR),
    answer: [parseRecord(`${name} 60 IN A 192.0.2.9`)],
  }),
});

const COREFILE = `a.test {\n kubernetes a.test\n}\nb.test {\n kubernetes b.test\n}
stub.test {\n file\n}`;

async function ask(name: string) {
  const { listeners } = configure(
    parseCorefile({ file: 'Corefile', text: COREFILE }, { environment: {}, readFiles: () => [] }),
    { log: SILENT, metrics: new Metrics(), setups: { kubernetes, file: stub } },
  );
  const [listener] = listeners;
  assert.ok(listener !== undefined);
  const server = new Server(listener, { log: SILENT, metrics: new Metrics(), nowMs: () => 0 });
  const { message, client } = queryOf(name, 'A');
  const decoded = decode((await server.answerPacket(encode(message), client)) ?? new Uint8Array());
  assert.ok(decoded.kind === 'message');
  return decoded.message;
}

test('an alias into a stub domain of another server block is answered by that', async () => {
  const { answer } = await ask('pay.shop.svc.a.test.');
  assert.deepEqual(answer.map(formatRecord), [
    'pay.shop.svc.a.test. 5 IN CNAME x.stub.test.',
    'x.stub.test. 60 IN A 192.0.2.9',
  ]);
});

test('aliases of two server blocks that lead to each other come to an end', async () => {
  assert.equal((await ask('there.shop.svc.a.test.')).rcode, RCODE.SERVFAIL);
});
