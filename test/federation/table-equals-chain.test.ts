/**
 * Invariant 7: for every query the answer from shared memory and the answer of the plugin chain are
 * the same message, whatever happened to the clusters before.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { parseCorefile } from '../../libs/corefile/parser.ts';
import { cookieOf } from '../../libs/dns/cookie-reply.ts';
import { encode } from '../../libs/dns/encode.ts';
import { NO_FLAGS } from '../../libs/dns/message.ts';
import { encodeEnvelope } from '../../libs/event/codec.ts';
import { subjectOf } from '../../libs/event/subject.ts';
import { zonesOf } from '../../libs/federation/apex.ts';
import { ControlState } from '../../libs/federation/control-state.ts';
import { CONFIG } from '../../libs/federation/given-clusters.ts';
import type { FederationConfig } from '../../libs/federation/layer.ts';
import type { Standing } from '../../libs/federation/standing.ts';
import { HAND_OVER } from '../../libs/table/answerer.ts';
import { asking, NOW_SECONDS, query } from '../../libs/table/asking.ts';
import { serverCookiesOf } from '../../libs/table/cookie-secrets.ts';
import { createTable } from '../../libs/table/table-writer.ts';
import { SILENT } from '../../libs/telemetry/log.ts';
import { Metrics } from '../../libs/telemetry/metrics.ts';
import { runtimeOver } from '../../services/resolver/clusters/given-runtime.ts';
import { configure } from '../../services/resolver/configuration.ts';
import { FederationView } from '../../services/resolver/control/federation-view.ts';
import { createTableSink } from '../../services/resolver/control/table-sink.ts';
import { Cookies } from '../../services/resolver/cookies.ts';
import { federationSetup } from '../../services/resolver/plugins/federation/setup.ts';
import { Server } from '../../services/resolver/server.ts';
import { type Histories, histories, peopledHistories } from './arbitrary-events.ts';
import { configs, federations } from './arbitrary-layers.ts';
import { arbitraryNames, arbitraryTypes } from './arbitrary-questions.ts';

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

interface Circumstances {
  readonly synced: boolean;
  /** Clusters are placed before their logs are read, or after. */
  readonly isControlledFirst: boolean;
  readonly control: ControlState;
}

const standings = fc.constantFrom<Standing>('live', 'live', 'stale', 'lost');
const controls = fc
  .record({ east: standings, west: standings, drained: fc.subarray(['east', 'west']) })
  .map(({ east, west, drained }) => {
    const control = new ControlState();
    control.standings.set('east', east).set('west', west);
    for (const cluster of drained) control.drained.add(cluster);
    return control;
  });
const circumstances: fc.Arbitrary<Circumstances> = fc.record({
  synced: fc.nat(9).map((tenth) => tenth > 0),
  isControlledFirst: fc.boolean(),
  control: controls,
});

/** A resolver that has read these histories: its table, and its chain. */
function given(
  config: FederationConfig,
  before: Histories,
  { synced, isControlledFirst, control }: Circumstances,
) {
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
  if (isControlledFirst) view.controlled(control);
  for (const [i, [cluster, event]] of history.entries()) {
    const data = encodeEnvelope({ event, observedAt: '2026-11-24T00:00:00Z', prev: 0 });
    const subject = subjectOf('default', cluster, event);
    view.apply(cluster, [{ position: i + 1, subject, data }]);
  }
  for (const cluster of ['east', 'west']) view.caughtUp(cluster);
  if (!isControlledFirst) view.controlled(control);
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
  const cookies = new Cookies(serverCookiesOf(table.memory), () => NOW_SECONDS);
  const dependencies = { log: SILENT, metrics: new Metrics(), nowMs: () => 0, cookies };
  const server = new Server(listener, dependencies);
  return {
    overUdp: asking(table),
    overTcp: asking(table, { transport: 'tcp', reader: 1 }),
    fromChain: (packet: Uint8Array, transport: 'udp' | 'tcp', address: string) =>
      server.answerPacket(packet, { address, port: 1, transport }),
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
      fc.record({ code: fc.nat({ max: 20 }), data: fc.uint8Array({ maxLength: 41 }) }),
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

/** Of arbitrary-events.ts: pods and nodes may have them, and networks of arbitrary-layers.ts. */
const clients = fc.constantFrom('10.0.0.1', '10.0.0.2', '10.0.1.1', 'fd00::1', 'fd00::2');
const NOBODY = '127.0.0.1';

const served = fc.oneof(fc.constant(CONFIG), configs, federations);

test('the table equals the chain', async () => {
  let answered = 0;
  let perClient = 0;
  await fc.assert(
    fc.asyncProperty(
      served,
      fc.oneof(histories, peopledHistories),
      circumstances,
      manyQueries,
      clients,
      async (config, history, around, asked, client) => {
        const { overUdp, overTcp, fromChain } = given(config, history, around);
        for (const query of asked) {
          const packet = encode(query);
          for (const [transport, ask] of [
            ['udp', overUdp],
            ['tcp', overTcp],
          ] as const) {
            const table = ask(packet, 0, NOW_SECONDS, client);
            const chain = await fromChain(packet, transport, client);
            if (table === HAND_OVER) {
              const others = await fromChain(packet, transport, NOBODY);
              if (cookieOf(query) !== undefined) continue; // another client has another cookie
              if (!isDeepStrictEqual(chain, others)) perClient++;
              continue;
            }
            answered++;
            const { name, type } = query.question ?? {};
            assert.deepEqual(table, chain, `${name} ${type}`);
          }
        }
      },
    ),
    { numRuns: 2000 },
  );
  assert.ok(answered > 10_000, `the table answered ${answered}`);
  assert.ok(perClient > 10, `${perClient} answers were of one client`);
});
