/**
 * A server block with a cache, its table, and an upstream that the test plays: asked as clients do,
 * the table first and then the chain. Time is the test's.
 */
import assert from 'node:assert/strict';
import { parseCorefile } from '../../libs/corefile/parser.ts';
import { decode } from '../../libs/dns/decode.ts';
import { encode } from '../../libs/dns/encode.ts';
import type { Message } from '../../libs/dns/message.ts';
import { formatRecord } from '../../libs/dns/presentation.ts';
import { MemoryStore } from '../../libs/store/memory.ts';
import type { OpenAnswerStore } from '../../libs/store/store.ts';
import { asking, query } from '../../libs/table/asking.ts';
import { createTable } from '../../libs/table/table-writer.ts';
import { SILENT } from '../../libs/telemetry/log.ts';
import { Metrics } from '../../libs/telemetry/metrics.ts';
import { configure } from '../../services/resolver/configuration.ts';
import { CachedAnswersTable } from '../../services/resolver/control/cached-answers.ts';
import type { Plugin } from '../../services/resolver/plugin.ts';
import { createAutopathSetup } from '../../services/resolver/plugins/autopath/setup.ts';
import { createCacheSetup } from '../../services/resolver/plugins/cache/setup.ts';
import { setup as loadbalance } from '../../services/resolver/plugins/loadbalance/setup.ts';
import { setup as log } from '../../services/resolver/plugins/log/setup.ts';
import { createRediscSetup } from '../../services/resolver/plugins/redisc/setup.ts';
import type { Query } from '../../services/resolver/query.ts';
import { QueryGroups } from '../../services/resolver/query-groups.ts';
import { Server } from '../../services/resolver/server.ts';
import type { Clock, Upstream } from './cache-over.ts';
import { passTime } from './cache-over.ts';

const CLIENT = { address: '192.0.2.7', port: 5353, transport: 'udp' } as const;
/** At most as long as the cache's own. */
const TICK_MS = 250;

export interface Asked {
  readonly by: 'reader' | 'chain';
  readonly message: Message;
  /** ANSWER, AUTHORITY and ADDITIONAL as zone-file text. */
  readonly records: readonly string[];
}

export interface CachedChainGiven {
  /** Of the table. */
  readonly octets?: number;
  readonly clock?: Clock;
  /** What `redisc` opens. */
  readonly store?: OpenAnswerStore;
  /** What the directive `kubernetes` is. */
  readonly owner?: Plugin;
}

export function cachedChain(upstream: Upstream, lines = 'cache', given: CachedChainGiven = {}) {
  const { octets = 1 << 22, owner = { name: 'kubernetes' } } = given;
  const { clock = { ms: 1000, wallMs: 1_790_000_000_000 } } = given;
  const { store = new MemoryStore(() => clock.wallMs) } = given;
  let tick = () => {};
  const clocks = {
    nowMs: () => clock.ms,
    wallMs: () => clock.wallMs,
    every: (_ms: number, work: () => void) => {
      tick = work;
      return () => {};
    },
  };
  const upstreamAsked: string[] = [];
  const setups = {
    autopath: createAutopathSetup(() => 'search corp.example'),
    loadbalance,
    log,
    cache: createCacheSetup({ store: undefined, ...clocks }),
    redisc: createRediscSetup({ open: async () => store, nowMs: clocks.nowMs }),
    kubernetes: () => owner,
    forward: () => ({
      name: 'forward',
      handle: async (asked: Query) => {
        upstreamAsked.push(`${asked.name} ${asked.question.type}`);
        return typeof upstream === 'function' ? upstream(asked) : upstream;
      },
    }),
  };
  const source = { file: 'Corefile', text: `. {\n${lines}\nforward .\n}` };
  const corefile = parseCorefile(source, { environment: {}, readFiles: () => [] });
  const metrics = new Metrics();
  const table = createTable({ octets });
  const cachedAnswers = new CachedAnswersTable(table, new QueryGroups(SILENT));
  const { listeners, plugins } = configure(corefile, {
    log: SILENT,
    metrics,
    setups,
    cachedAnswers,
  });
  for (const plugin of plugins) void plugin.start?.();
  const [listener] = listeners;
  assert.ok(listener !== undefined);
  const server = new Server(listener, { log: SILENT, metrics, nowMs: clocks.nowMs });
  const reader = asking(table);

  const fromReader = (packet: Uint8Array) => reader(packet, 0, Math.floor(clock.wallMs / 1000));
  const fromChain = async (packet: Uint8Array) =>
    (await server.answerPacket(packet, CLIENT)) ?? assert.fail('no reply');
  return {
    clock,
    metrics,
    table,
    /** A name of the owner's is another now. */
    changed(name: string): void {
      for (const block of [...listener.blocks.values()].flat()) cachedAnswers.changed(block, name);
    },
    fromReader,
    fromChain,
    /** What upstream was asked, in order. */
    upstreamAsked,
    async ask(question = 'a.example. A', rest: Partial<Message> = {}): Promise<Asked> {
      const packet = encode(query(question, rest));
      const read = fromReader(packet);
      const octets = typeof read === 'number' ? await fromChain(packet) : read;
      const decoded = decode(octets);
      if (decoded.kind === 'malformed') return assert.fail(decoded.why);
      const { message } = decoded;
      const { answer, authority, additional } = message;
      const records = [...answer, ...authority, ...additional].map(formatRecord);
      return { by: typeof read === 'number' ? 'chain' : 'reader', message, records };
    },
    /** Lets time go by, as the clocks and the cache's timer do. */
    async pass(ms: number): Promise<void> {
      for (let left = ms; left > 0; left -= TICK_MS) {
        passTime(clock, Math.min(left, TICK_MS));
        tick();
        await new Promise((done) => setImmediate(done));
      }
    },
    async metric(name: string, labels = ''): Promise<number> {
      for (const line of (await metrics.text()).split('\n')) {
        if (line.startsWith(`${name}{`) && line.includes(labels)) {
          return Number(line.split(' ').at(-1));
        }
      }
      return 0;
    },
  };
}
