/**
 * What can't be seen from outside, measured in this process by itself: a change to an address, in
 * the log of SQLite and in the view that compiles the table.
 */
import { join } from 'node:path';
import { encodeEnvelope } from '../../libs/event/codec.ts';
import type { Event } from '../../libs/event/event.ts';
import { subjectOf } from '../../libs/event/subject.ts';
import { federationConfig } from '../../libs/federation/federation-layers.ts';
import type { Entry, Logs, StoredEntry } from '../../libs/log/log.ts';
import { openSqliteLogs } from '../../libs/log-sqlite/sqlite-logs.ts';
import { createTable } from '../../libs/table/table-writer.ts';
import { FederationView } from '../../services/resolver/control/federation-view.ts';
import { createTableSink } from '../../services/resolver/control/table-sink.ts';

const CHANGES = 400;
const TABLE_OCTETS = 64 * 1024 * 1024;

const ZONES = ['cluster.local.', 'clusterset.local.', 'in-addr.arpa.', 'ip6.arpa.'];
const CONFIG = federationConfig(
  {
    home: 'east',
    homeZone: 'cluster.local.',
    clustersetZone: 'clusterset.local.',
    reverseZones: ['in-addr.arpa.', 'ip6.arpa.'],
    ttl: 5,
  },
  ['127.0.0.1'],
);

/** From append to the reader's delivery, on SQLite: milliseconds. */
export async function measureSqlite(folder: string): Promise<readonly number[]> {
  const logs: Logs = openSqliteLogs({ directory: join(folder, 'parts') });
  const log = logs.open('east');
  const stop = new AbortController();
  const reading = log.read({ kind: 'last-per-subject' }, stop.signal)[Symbol.asyncIterator]();
  await reading.next(); // caught up
  const durations: number[] = [];
  for (const [i, entry] of entries().entries()) {
    const delivered = reading.next();
    const begun = performance.now();
    const appended = log.append(i, [entry]);
    await delivered;
    durations.push(performance.now() - begun);
    await appended;
  }
  stop.abort();
  await logs.close();
  return durations;
}

/** From an entry to its names in the table, the zones' serials included: milliseconds. */
export function measureView(): readonly number[] {
  const sink = createTableSink({
    table: createTable({ octets: TABLE_OCTETS }),
    views: [0],
    zones: ZONES,
    firstZone: 1,
    rotate: true,
    recursionAvailable: false,
  });
  const view = new FederationView(CONFIG, sink, () => {});
  view.join('east');
  view.allJoined();
  return entries().map((entry, i) => {
    const stored: StoredEntry = { ...entry, position: i + 1 };
    const begun = performance.now();
    view.apply('east', [stored]);
    return performance.now() - begun;
  });
}

/** A Service, and its slice with one address after another. */
function entries(): readonly Entry[] {
  const ports = [{ name: 'http', protocol: 'TCP', port: 8080 }];
  const place = { namespace: 'shop', name: 'db', ports } as const;
  const events: Event[] = [
    { kind: 'observed', object: { kind: 'Namespace', namespace: '', name: 'shop' } },
    {
      kind: 'observed',
      object: { kind: 'Service', ...place, type: 'ClusterIP', clusterIPs: [], headless: true },
    },
  ];
  for (let i = 0; i < CHANGES; i++) {
    const address = `10.1.${Math.floor(i / 250)}.${1 + (i % 250)}`;
    const endpoints = [{ addresses: [address], ready: true }];
    const object = { kind: 'EndpointSlice', ...place, service: 'db', endpoints } as const;
    events.push({ kind: 'observed', object });
  }
  return events.map((event, i) => ({
    subject: subjectOf('default', 'east', event),
    data: encodeEnvelope({ event, observedAt: '2026-11-24T00:00:00.000Z', prev: i }),
    id: `entry-${i}`,
  }));
}
