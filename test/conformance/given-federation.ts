/**
 * A federation in this process: what the API servers of its clusters have is told to it as their
 * watchers would, and whatever is asked is asked of the table and of the chain.
 *
 *   set(cluster, objects) ─► events of what differs ─► view ─► table, chain ─► ask(question)
 */
import assert from 'node:assert/strict';
import { projectAs } from '../../libs/cluster/project.ts';
import { parseCorefile } from '../../libs/corefile/parser.ts';
import { decode } from '../../libs/dns/decode.ts';
import { encode } from '../../libs/dns/encode.ts';
import { type Message, OPTION_EDE, UDP_OCTETS_MAX } from '../../libs/dns/message.ts';
import { encodeEnvelope } from '../../libs/event/codec.ts';
import type { ControlEvent } from '../../libs/event/control.ts';
import type { Event } from '../../libs/event/event.ts';
import { type ClusterObject, OBJECT_KINDS, refKey } from '../../libs/event/object.ts';
import { subjectOf } from '../../libs/event/subject.ts';
import { zonesOf } from '../../libs/federation/apex.ts';
import { ControlState, evolveControl } from '../../libs/federation/control-state.ts';
import { federationConfig } from '../../libs/federation/federation-layers.ts';
import { HAND_OVER } from '../../libs/table/answerer.ts';
import { type Asking, asking, edns, NOW_SECONDS, query } from '../../libs/table/asking.ts';
import { serverCookiesOf } from '../../libs/table/cookie-secrets.ts';
import { createTable } from '../../libs/table/table-writer.ts';
import { SILENT } from '../../libs/telemetry/log.ts';
import { Metrics } from '../../libs/telemetry/metrics.ts';
import { runtimeOver } from '../../services/resolver/clusters/given-runtime.ts';
import { configure } from '../../services/resolver/configuration.ts';
import { FederationView } from '../../services/resolver/control/federation-view.ts';
import { createTableSink } from '../../services/resolver/control/table-sink.ts';
import { Cookies } from '../../services/resolver/cookies.ts';
import type { FederationOptions } from '../../services/resolver/plugins/federation/options.ts';
import { federationSetup } from '../../services/resolver/plugins/federation/setup.ts';
import type { Client } from '../../services/resolver/query.ts';
import { Server } from '../../services/resolver/server.ts';
import type { RawObject } from '../cluster/collections.ts';
import { linesOf } from './two-ways.ts';

export const ZONES = 'cluster.local clusterset.local in-addr.arpa ip6.arpa';
const OBSERVED_AT = '2026-11-29T00:00:00Z';
const CLIENT = { address: '192.0.2.7', port: 5353, transport: 'tcp' } as const;

export class GivenFederation {
  /** Of the server. */
  readonly metrics = new Metrics();
  readonly #view: FederationView;
  readonly #objects = new Map<string, Map<string, ClusterObject>>();
  readonly #server: Server;
  readonly #askTable: Readonly<Record<Client['transport'], Asking>>;
  readonly #control = new ControlState();
  #position = 0;

  /** `options`: lines of the federation directive; the home cluster is `east`. */
  constructor(clusters: readonly string[], options: readonly string[] = [], zones = ZONES) {
    const table = createTable({ octets: 1 << 22 });
    let opened: FederationView | undefined;
    const federation = federationSetup((read) => {
      const config = federationConfig(zonesIn(read), ['192.0.2.53']);
      const sink = createTableSink({
        table,
        views: [0],
        zones: zonesOf(config),
        firstZone: 1,
        rotate: false,
        recursionAvailable: false,
      });
      opened = new FederationView(config, sink, (_cluster, why) => assert.fail(why));
      return runtimeOver(opened);
    });
    const body = ['log memory', 'home east', ...options].map((line) => `        ${line}\n`);
    const text = `. {\n    federation ${zones} {\n${body.join('')}    }\n}`;
    const file = parseCorefile(
      { file: 'Corefile', text },
      { environment: {}, readFiles: () => [] },
    );
    const setups = { federation };
    const { listeners } = configure(file, { log: SILENT, metrics: new Metrics(), setups });
    const [listener] = listeners;
    assert.ok(listener !== undefined && opened !== undefined);
    this.#view = opened;
    const cookies = new Cookies(serverCookiesOf(table.memory), () => NOW_SECONDS);
    const dependencies = { log: SILENT, metrics: this.metrics, nowMs: () => 0, cookies };
    this.#server = new Server(listener, dependencies);
    this.#askTable = {
      udp: asking(table, { reader: 1 }),
      tcp: asking(table, { transport: 'tcp' }),
    };
    for (const cluster of clusters) {
      opened.join(cluster);
      this.set(cluster, []);
      opened.caughtUp(cluster);
    }
    opened.allJoined();
  }

  /** From now on the cluster's API has these objects, and no others. */
  set(cluster: string, raw: readonly RawObject[]): void {
    const before = this.#objects.get(cluster) ?? new Map<string, ClusterObject>();
    const now = new Map(raw.map(projected).map((object) => [refKey(object), object]));
    this.#objects.set(cluster, now);
    for (const object of now.values()) {
      const known = before.get(refKey(object));
      if (JSON.stringify(known) !== JSON.stringify(object)) {
        this.#tell(cluster, { kind: 'observed', object });
      }
    }
    for (const [key, { kind, namespace, name }] of before) {
      if (!now.has(key)) this.#tell(cluster, { kind: 'removed', ref: { kind, namespace, name } });
    }
    const counts = Object.fromEntries(OBJECT_KINDS.map((kind) => [kind, 0]));
    const synced = { kind: 'synced', writer: 'w', resourceVersions: {}, counts, hash: '' } as const;
    this.#tell(cluster, synced);
  }

  /** The control log says so. */
  control(event: ControlEvent): void {
    evolveControl(this.#control, event, ++this.#position);
    this.#view.controlled(this.#control);
  }

  /**
   * The lines of the answer; where there are none, why: see linesOf. `EDE 3` is a line too. What the
   * table says, the chain says.
   */
  async ask(question: string, client: string = CLIENT.address): Promise<readonly string[]> {
    const [name = '', type = ''] = question.split(' ');
    const owner = name.endsWith('.') ? name : `${name}.`;
    const packet = encode(query(`${owner} ${type}`, { edns: edns(UDP_OCTETS_MAX) }));
    const chain = shown(
      decoded(await this.#server.answerPacket(packet, { ...CLIENT, address: client })),
    );
    const reply = this.#askTable.tcp(packet);
    if (reply !== HAND_OVER) assert.deepEqual(shown(decoded(reply)), chain, question);
    return chain;
  }

  /** What table and chain say to a packet, whatever it is. */
  async saidTo(
    packet: Uint8Array,
    client: Client,
  ): Promise<{ readonly table: Uint8Array | number; readonly chain: Uint8Array | undefined }> {
    const chain = await this.#server.answerPacket(packet, client);
    const ask = this.#askTable[client.transport];
    return { table: ask(packet, 0, NOW_SECONDS, client.address), chain };
  }

  stop(): void {
    this.#view.stop();
  }

  #tell(cluster: string, event: Event): void {
    const data = encodeEnvelope({ event, observedAt: OBSERVED_AT, prev: 0 });
    const subject = subjectOf('default', cluster, event);
    this.#view.apply(cluster, [{ position: ++this.#position, subject, data }]);
  }
}

/** What a watcher makes of it: undefined for what it refuses is a defect of the row. */
function projected(raw: RawObject): ClusterObject {
  const projection = projectAs(raw.kind, raw);
  assert.ok(projection.kind === 'object', JSON.stringify(projection));
  return projection.object;
}

function zonesIn(options: FederationOptions) {
  const { home, homeZone, clustersetZone, qualifiedZone, reverseZones, ttl, many } = options;
  return { home, homeZone, clustersetZone, qualifiedZone, reverseZones, ttl, many };
}

function shown(message: Message): readonly string[] {
  const error = message.edns?.options.find(({ code }) => code === OPTION_EDE)?.data;
  const lines = linesOf(message);
  return message.answer.length > 0 && error !== undefined ? [...lines, `EDE ${error[1]}`] : lines;
}

function decoded(reply: unknown): Message {
  assert.ok(reply instanceof Uint8Array, 'no reply');
  const message = decode(reply);
  assert.ok(message.kind === 'message');
  return message.message;
}
