/** A resolver that knows one cluster: its table as readers ask it, its chain behind a stanza. */
import assert from 'node:assert/strict';
import { parseCorefile } from '../../libs/corefile/parser.ts';
import { decode } from '../../libs/dns/decode.ts';
import { encode } from '../../libs/dns/encode.ts';
import { type Message, UDP_OCTETS_MAX } from '../../libs/dns/message.ts';
import { encodeEnvelope } from '../../libs/event/codec.ts';
import type { Event } from '../../libs/event/event.ts';
import type { ClusterObject } from '../../libs/event/object.ts';
import { subjectOf } from '../../libs/event/subject.ts';
import { zonesOf } from '../../libs/federation/apex.ts';
import type { FederationConfig } from '../../libs/federation/layer.ts';
import { HAND_OVER } from '../../libs/table/answerer.ts';
import { asking, edns, query } from '../../libs/table/asking.ts';
import { createTable } from '../../libs/table/table-writer.ts';
import { SILENT } from '../../libs/telemetry/log.ts';
import { Metrics } from '../../libs/telemetry/metrics.ts';
import { runtimeOver } from '../../services/resolver/clusters/given-runtime.ts';
import { configure } from '../../services/resolver/configuration.ts';
import { FederationView } from '../../services/resolver/control/federation-view.ts';
import { createTableSink } from '../../services/resolver/control/table-sink.ts';
import { kubernetesSetup } from '../../services/resolver/plugins/kubernetes/setup.ts';
import { Server } from '../../services/resolver/server.ts';
import type { KubernetesOptions } from '../../services/resolver/stanza/kubernetes-options.ts';

const CLUSTER = 'east';
const OBSERVED_AT = '2026-11-24T00:00:00Z';
const CLIENT = { address: '192.0.2.7', port: 5353, transport: 'tcp' } as const;

export interface GivenResolver {
  /** Undefined: the table hands the query over to the chain. */
  fromTable(question: string): Message | undefined;
  fromChain(question: string): Promise<Message>;
}

/** `synced`: all that the cluster has is known, so what is not known may be denied. */
export function givenResolver(
  stanza: string,
  objects: readonly ClusterObject[],
  synced = true,
): GivenResolver {
  let view: FederationView | undefined;
  const table = createTable({ octets: 1 << 22 });
  const kubernetes = kubernetesSetup(([options]) => {
    assert.ok(options !== undefined);
    const config = configOf(options);
    const sink = createTableSink({
      table,
      views: [0],
      zones: zonesOf(config),
      firstZone: 1,
      rotate: false,
      recursionAvailable: false,
    });
    const opened = new FederationView(config, sink, (_cluster, why) => assert.fail(why));
    view = opened;
    return runtimeOver(opened);
  });
  const { listeners } = configure(
    parseCorefile(
      { file: 'Corefile', text: `. {\n${stanza}\n}` },
      { environment: {}, readFiles: () => [] },
    ),
    { log: SILENT, metrics: new Metrics(), setups: { kubernetes } },
  );
  const [listener] = listeners;
  assert.ok(listener !== undefined && view !== undefined);
  tell(view, objects, synced);
  const server = new Server(listener, { log: SILENT, metrics: new Metrics(), nowMs: () => 0 });
  const ask = asking(table, { transport: 'tcp' });
  return {
    fromTable: (question) => {
      const reply = ask(encode(queryOf(question)));
      return reply === HAND_OVER ? undefined : decoded(reply);
    },
    fromChain: async (question) =>
      decoded(await server.answerPacket(encode(queryOf(question)), CLIENT)),
  };
}

const queryOf = (question: string) => query(question, { edns: edns(UDP_OCTETS_MAX) });

function configOf(options: KubernetesOptions): FederationConfig {
  const { home, zones, reverseZones, ttl, fallthrough } = options;
  const layer = { ...home, cluster: CLUSTER, zones, reverseZones, ttl, fallthrough };
  return { layers: [{ ...layer, kind: 'home' }], nameServers: ['192.0.2.53'] };
}

function tell(view: FederationView, objects: readonly ClusterObject[], synced: boolean): void {
  const events: Event[] = objects.map((object) => ({ kind: 'observed', object }));
  if (synced) {
    events.push({ kind: 'synced', writer: 'w', resourceVersions: {}, counts: {}, hash: '' });
  }
  view.join(CLUSTER);
  view.allJoined();
  for (const [i, event] of events.entries()) {
    const data = encodeEnvelope({ event, observedAt: OBSERVED_AT, prev: 0 });
    const subject = subjectOf('default', CLUSTER, event);
    view.apply(CLUSTER, [{ position: i + 1, subject, data }]);
  }
  view.caughtUp(CLUSTER);
}

function decoded(reply: unknown): Message {
  assert.ok(reply instanceof Uint8Array, 'no reply');
  const message = decode(reply);
  assert.ok(message.kind === 'message');
  return message.message;
}
