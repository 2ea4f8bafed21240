/**
 * Invariant 7: for every query the answer from shared memory and the answer of the plugin chain are
 * the same message, whatever happened to the clusters before.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseCorefile } from '../../libs/corefile/parser.ts';
import { encode } from '../../libs/dns/encode.ts';
import { NO_FLAGS } from '../../libs/dns/message.ts';
import { encodeEnvelope } from '../../libs/event/codec.ts';
import { subjectOf } from '../../libs/event/subject.ts';
import { zonesOf } from '../../libs/federation/apex.ts';
import { federationConfig } from '../../libs/federation/federation-layers.ts';
import type { FederationConfig } from '../../libs/federation/layer.ts';
import { HAND_OVER } from '../../libs/table/answerer.ts';
import { asking, query } from '../../libs/table/asking.ts';
import { createTable } from '../../libs/table/table-writer.ts';
import { SILENT } from '../../libs/telemetry/log.ts';
import { Metrics } from '../../libs/telemetry/metrics.ts';
import { runtimeOver } from '../../services/resolver/clusters/given-runtime.ts';
import { configure } from '../../services/resolver/configuration.ts';
import { FederationView } from '../../services/resolver/control/federation-view.ts';
import { createTableSink } from '../../services/resolver/control/table-sink.ts';
import { federationSetup } from '../../services/resolver/plugins/federation/setup.ts';
import { Server } from '../../services/resolver/server.ts';
import { type Histories, histories } from './arbitrary-events.ts';
import { configs, federations } from './arbitrary-layers.ts';
import { arbitraryNames, arbitraryTypes } from './arbitrary-questions.ts';

const CONFIG = federationConfig(
  {
    home: 'east',
    homeZone: 'cluster.local.',
    clustersetZone: 'clusterset.local.',
    reverseZones: ['in-addr.arpa.', 'ip6.arpa.'],
    ttl: 5,
  },
  ['192.0.2.53'],
);
const COREFILE = `. {
    federation cluster.local {
        home east
    }
}`;

const SYNCED: Histories = (['east', 'west'] as const).map((cluster) => [
  cluster,
  {
    kind: 'synced',
    writer: 'w',
    resourceVersions: {},
    counts: { ServiceExport: 0, ServiceImport: 0, Pod: 0 },
    hash: '',
  },
]);

/** A resolver that has read these histories: its table, and its chain. */
function given(config: FederationConfig, before: Histories, synced: boolean) {
  const history = synced ? [...before, ...SYNCED] : before;
  const table = createTable({ octets: 1 << 22 });
  const sink = createTableSink({
    table,
    views: [0],
    zones: zonesOf(config),
    firstZone: 1,
    rotate: false,
    recursionAvailable: false,
  });
  const onSkipped = (_cluster: string, why: string) =>
    assert.match(why, /^Cannot read the annotation/);
  const view = new FederationView(config, sink, onSkipped);
  for (const cluster of ['east', 'west']) view.join(cluster);
  view.allJoined();
  for (const [i, [cluster, event]] of history.entries()) {
    const data = encodeEnvelope({ event, observedAt: '2026-11-24T00:00:00Z', prev: 0 });
    const subject = subjectOf('default', cluster, event);
    view.apply(cluster, [{ position: i + 1, subject, data }]);
  }
  for (const cluster of ['east', 'west']) view.caughtUp(cluster);
  const { listeners } = configure(
    parseCorefile({ file: 'Corefile', text: COREFILE }, { environment: {}, readFiles: () => [] }),
    {
      log: SILENT,
      metrics: new Metrics(),
      setups: {
        federation: federationSetup(() => runtimeOver(view)),
      },
    },
  );
  const [listener] = listeners;
  assert.ok(listener !== undefined);
  const server = new Server(listener, { log: SILENT, metrics: new Metrics(), nowMs: () => 0 });
  return {
    overUdp: asking(table),
    overTcp: asking(table, { transport: 'tcp', reader: 1 }),
    fromChain: (packet: Uint8Array, transport: 'udp' | 'tcp') =>
      server.answerPacket(packet, { address: '127.0.0.1', port: 1, transport }),
  };
}

const cased = fc.tuple(arbitraryNames, fc.nat()).map(([name, bits]) =>
  // Now and then a letter in the other case: an answer repeats the question as it came.
  name.replace(/[a-z]/g, (letter, i: number) =>
    (bits >> (i % 16)) & (i & 1) ? letter.toUpperCase() : letter,
  ),
);
const opts = fc.option(
  fc.record({
    udpSize: fc.oneof(
      fc.constantFrom(0, 512, 1232, 4096, 65535),
      fc.integer({ min: 40, max: 800 }),
    ),
    version: fc.constantFrom(0, 0, 0, 1),
    dnssecOk: fc.boolean(),
    options: fc.array(
      fc.record({ code: fc.nat({ max: 20 }), data: fc.uint8Array({ maxLength: 40 }) }),
      { maxLength: 2 },
    ),
  }),
  { nil: undefined },
);
const queries = fc
  .record({
    id: fc.nat({ max: 65535 }),
    name: cased,
    type: arbitraryTypes,
    edns: opts,
    flags: fc.record({
      recursionDesired: fc.boolean(),
      checkingDisabled: fc.boolean(),
      authenticData: fc.boolean(),
    }),
  })
  .map(({ id, name, type, edns, flags }) =>
    query(`${name} ${type}`, { id, edns, flags: { ...NO_FLAGS, ...flags } }),
  );
const manyQueries = fc.array(queries, { minLength: 20, maxLength: 20 });

const served = fc.oneof(fc.constant(CONFIG), configs, federations);

test('the table equals the chain', async () => {
  let answered = 0;
  await fc.assert(
    fc.asyncProperty(
      served,
      histories,
      fc.nat(9),
      manyQueries,
      async (config, history, tenth, asked) => {
        const { overUdp, overTcp, fromChain } = given(config, history, tenth > 0);
        for (const query of asked) {
          const packet = encode(query);
          for (const [transport, ask] of [
            ['udp', overUdp],
            ['tcp', overTcp],
          ] as const) {
            const table = ask(packet);
            if (table === HAND_OVER) continue;
            answered++;
            const { name, type } = query.question ?? {};
            assert.deepEqual(table, await fromChain(packet, transport), `${name} ${type}`);
          }
        }
      },
    ),
    { numRuns: 2000 },
  );
  assert.ok(answered > 10_000, `the table answered ${answered}`);
});
