/**
 * A zone behind real listeners, handed out as a Corefile says: what a primary is to those who
 * follow it. A plugin of the test, in the seat of `file`, has the zone.
 */
import type { TestContext } from 'node:test';
import { parseCorefile } from '../../libs/corefile/parser.ts';
import { RCODE } from '../../libs/dns/iana.ts';
import { parseRecord } from '../../libs/dns/presentation.ts';
import type { RRset } from '../../libs/dns/rrset.ts';
import { createTable } from '../../libs/table/table-writer.ts';
import { createLog } from '../../libs/telemetry/log.ts';
import { Metrics } from '../../libs/telemetry/metrics.ts';
import { ZoneContents } from '../../libs/transfer/zone-contents.ts';
import { configure } from '../../services/resolver/configuration.ts';
import type { Plugin } from '../../services/resolver/plugin.ts';
import { setup as transfer } from '../../services/resolver/plugins/transfer/setup.ts';
import { setup as tsig } from '../../services/resolver/plugins/tsig/setup.ts';
import { openListeners } from '../../services/resolver/readers/open-listeners.ts';
import { emptyResponse } from '../../services/resolver/response.ts';
import { Server } from '../../services/resolver/server.ts';

const ZONE = 'a.test.';
/** The table answers nothing here, and needs room for that only. */
const TABLE_OCTETS = 8 << 20;

export interface ServedZone {
  readonly port: number;
  readonly metrics: Metrics;
  /** What the plugins logged. */
  readonly lines: readonly string[];
  /** Zone-file text: each name named here has these records from now on. */
  put(...lines: readonly string[]): void;
  remove(name: string): void;
  seal(serial: number): void;
}

/** Serves a.test. on a free port of 127.0.0.1 until the end of the test. */
export async function serveZone(t: TestContext, directives: string): Promise<ServedZone> {
  const contents = new ZoneContents([ZONE]);
  const text = `a.test.:0 {\n${directives}\nfile\n}`;
  const corefile = parseCorefile(
    { file: 'Corefile', text },
    { environment: {}, readFiles: () => [] },
  );
  const lines: string[] = [];
  const log = createLog((line) => lines.push(line));
  const metrics = new Metrics();
  const setups = { file: () => zonePlugin(contents), transfer, tsig };
  const configuration = configure(corefile, { log, metrics, setups });
  const nowMs = () => performance.now();
  const [listener] = configuration.listeners;
  if (listener === undefined) throw new Error('Cannot serve the zone: no listener');
  const server = new Server(listener, { log, metrics, nowMs });
  const table = createTable({ octets: TABLE_OCTETS });
  await configuration.start();
  const listeners = await openListeners({
    table: table.memory,
    listen: [{ address: '127.0.0.1', port: 0, view: 0 }],
    threads: 1,
    answerSlow: (packet, client) => server.answer(packet, client),
    log,
  });
  t.after(async () => {
    await listeners.close();
    await configuration.stop();
  });
  return {
    port: listeners.addresses[0]?.port ?? 0,
    metrics,
    lines,
    put(...lines) {
      for (const [name, rrsets] of Map.groupBy(lines.map(rrsetOf), ({ name }) => name)) {
        contents.put(ZONE, name, rrsets);
      }
    },
    remove: (name) => contents.remove(ZONE, name),
    seal: (serial) => contents.setZone(ZONE, soaOf(serial), true),
  };
}

function zonePlugin(contents: ZoneContents): Plugin {
  return {
    name: 'file',
    zoneSource: (zone) => contents.source(zone),
    async handle({ name, question }) {
      const soa = contents.source(name)?.soa();
      if (soa === undefined) return emptyResponse(RCODE.SERVFAIL);
      const answer = question.type === 'SOA' ? [soa] : [];
      return { ...emptyResponse(RCODE.NOERROR), authoritative: true, answer };
    },
  };
}

function rrsetOf(line: string): RRset {
  const { name, type, ttl, rdata } = parseRecord(line);
  return { name, type, ttl, rdatas: [rdata] };
}

function soaOf(serial: number) {
  return parseRecord(`${ZONE} 5 IN SOA ns.${ZONE} h.${ZONE} ${serial} 7200 1800 86400 5`);
}
