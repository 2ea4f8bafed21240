/**
 * Random server blocks in one Corefile, given to both servers; the same questions to each port of
 * both, in the same order. CoreDNS has each port without `cache` as well: what that plugin made of
 * an answer is seen by what the answer was.
 *
 *   seed ─► blocks ─► CoreDNS, Isthmus ─► questions ─► replies ─normal form, rules─► differences
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isWithin, lowerName } from '../../../libs/dns/name.ts';
import { IsthmusProcess, until } from '../../e2e/isthmus-process.ts';
import { freePort } from '../../servers/free-port.ts';
import { ServerProcess } from '../../servers/server-process.ts';
import { makeTempDirectory, removeTempDirectory } from '../../servers/temp-directory.ts';
import { startUpstream } from '../../servers/upstream.ts';
import { Exchange } from '../exchange.ts';
import { type Asked, encodeAsked, formatAsked, plain } from '../questions.ts';
import { Random } from '../random.ts';
import { differenceOf, type Reply, readReply } from '../reply.ts';
import { randomAsked } from './block-questions.ts';
import { explain } from './block-rules.ts';
import { answerByLabel, answerToAll } from './block-upstream.ts';
import { firstFound, has } from './given.ts';
import { type BlockPlace, FILES, PATH } from './random-block.ts';
import {
  blockOf,
  formatServer,
  randomServer,
  type Server,
  without,
  withoutPath,
} from './random-server.ts';

/** Those that db.example.org has. */
const TYPES = ['SOA', 'NS', 'A', 'AAAA', 'MX', 'TXT', 'SRV', 'CNAME', 'DNAME'] as const;

export interface BlockReport {
  readonly questions: number;
  /** A question, its server, and a diff from CoreDNS to Isthmus. */
  readonly differences: readonly string[];
  /** How often a rule explained a difference. */
  readonly explained: ReadonlyMap<string, number>;
}

export interface HowMany {
  /** Ports, at most 16: more one process has not. */
  readonly servers: number;
  /** Of each port. */
  readonly questions: number;
}

/** A port of both, and what their rules are judged by. */
interface Peers {
  readonly server: Server;
  readonly ours: Exchange;
  readonly theirs: Exchange;
  /** Theirs without `cache`, without `autopath`, without both, and with nothing but `file`. */
  readonly uncached: Exchange;
  readonly pathless: Exchange;
  readonly bare: Exchange;
  readonly file: Exchange;
}

export async function compareBlocks(
  seed: number,
  coredns: string,
  howMany: HowMany,
): Promise<BlockReport> {
  const random = new Random(seed);
  const [upstream, other] = [await startUpstream(answerByLabel), await startUpstream(answerToAll)];
  const place = { upstream: upstream.port, other: other.port, dead: await freePort() };
  const folder = makeTempDirectory();
  try {
    return await compareAt(folder, place, random, coredns, howMany);
  } finally {
    await Promise.all([upstream.close(), other.close()]);
    removeTempDirectory(folder);
  }
}

async function compareAt(
  folder: string,
  place: BlockPlace,
  random: Random,
  coredns: string,
  { servers: count, questions }: HowMany,
): Promise<BlockReport> {
  const servers = Array.from({ length: count }, () => randomServer(random, place));
  // What only one of them has is left out of what the other one gets.
  const stock = servers.map((server) => without('redisc', server));
  const own = await written(join(folder, 'ours'), servers);
  const their = await written(join(folder, 'theirs'), [
    ...stock.flatMap((server) => {
      const pathless = withoutPath(server);
      return [server, without('cache', server), pathless, without('cache', pathless)];
    }),
    [{ zones: ['example.org.'], view: undefined, lines: ['file db.example.org'] }],
  ]);
  const args = ['-conf', 'Corefile'];
  const isthmus = new IsthmusProcess(['up', ...args], { cwd: join(folder, 'ours') });
  const peer = new ServerProcess('coredns', coredns, args, join(folder, 'theirs'));
  const explained = new Map<string, number>();
  const differences: string[] = [];
  try {
    await isthmus.says(/Isthmus answers DNS on/);
    await until(
      () => isThere(their.at(-1)),
      'CoreDNS answers',
      () => peer.output,
    );
    for (const [i, server] of servers.entries()) {
      const [ours, file] = [own[i], their.at(-1)];
      const [theirs, uncached, pathless, bare] = their.slice(4 * i);
      if (!ours || !theirs || !uncached || !pathless || !bare || !file) {
        throw new RangeError(`no port ${i}`);
      }
      const peers = { server, ours, theirs, uncached, pathless, bare, file };
      for (let n = 0; n < questions; n++) {
        const asked = answerable(randomAsked(random), server);
        const { lines, rules } = await compare(asked, peers);
        for (const name of rules) explained.set(name, (explained.get(name) ?? 0) + 1);
        if (lines.length > 0) differences.push(formatDifference(asked, server, lines));
      }
    }
  } finally {
    await Promise.all([isthmus.kill(), peer.kill()]);
    await Promise.all([...own, ...their].map((exchange) => exchange.close()));
  }
  return { questions: count * questions, differences, explained };
}

/** ANY of what `rewrite` changes back: of what, nobody can tell from outside. */
function answerable(asked: Asked, server: Server): Asked {
  const block = blockOf(server, asked)?.lines ?? [];
  const isUnclear = has(block, 'rewrite') && has(block, 'file') && !has(block, 'any');
  return asked.type === 'ANY' && isUnclear ? { ...asked, type: 'TXT' } : asked;
}

async function isThere(exchange: Exchange | undefined): Promise<boolean> {
  const packet = encodeAsked(plain('ready.test.', 'A'));
  return (await exchange?.ask(packet, 'tcp', 1)) !== undefined;
}

async function compare(asked: Asked, peers: Peers) {
  // One after the other: their caches must learn the same in the same order.
  const theirs = await ask(peers.theirs, asked);
  const ours = await ask(peers.ours, asked);
  const blockFor = (name: string) => blockOf(peers.server, { ...asked, name })?.lines ?? [];
  const block = blockFor(asked.name);
  const walk = has(block, 'autopath') ? await walked(peers.pathless, asked, block) : [];
  // The element of the search path itself is no matter of `autopath`.
  const uncached = walk.length === 1 ? peers.bare : peers.uncached;
  const isCached = peers.server.some(({ lines }) => has(lines, 'cache'));
  const evidence = {
    uncached: isCached ? await ask(uncached, asked) : undefined,
    walk,
    types: has(block, 'file') ? await eachType(peers.file, asked, ours, walk) : [],
  };
  const given = { asked, block, blockOf: blockFor, ...evidence };
  const { expected, actual, rules } = explain({ ...given, theirs, ours });
  return { lines: differenceOf(expected, actual), rules };
}

async function ask(exchange: Exchange, asked: Asked): Promise<Reply> {
  return readReply(await exchange.ask(encodeAsked(asked), asked.transport));
}

/** All names of the search path, where the question is below its first element. */
async function walked(exchange: Exchange, asked: Asked, block: readonly string[]) {
  const name = lowerName(asked.name);
  const isRewritten = name === 'sub.example.net.' && has(block, 'rewrite', 'name');
  if (!isRewritten && !isWithin(name, PATH[0])) return [];
  const base = isRewritten ? '' : asked.name.slice(0, -PATH[0].length);
  const rest = base === '' ? [] : [...PATH.slice(1), ''].map((zone) => `${base}${zone}`);
  const steps: { readonly name: string; readonly reply: Reply }[] = [];
  for (const one of [asked.name, ...rest]) {
    const reply = await ask(exchange, { ...asked, name: one });
    steps.push({ name: lowerName(one), reply });
  }
  return steps;
}

/** The name is that of our answer: rewritten perhaps, or found by `autopath`. */
async function eachType(
  exchange: Exchange,
  asked: Asked,
  ours: Reply,
  walk: readonly { readonly name: string }[],
): Promise<readonly Reply[]> {
  const first = ours.kind === 'message' ? firstFound(ours.message, walk) : undefined;
  if (asked.type !== 'ANY' || first === undefined) return [];
  const replies: Reply[] = [];
  for (const type of TYPES) replies.push(await ask(exchange, { ...asked, name: first.name, type }));
  return replies;
}

function formatDifference(asked: Asked, server: Server, lines: readonly string[]): string {
  const text = formatServer(server, 53).trimEnd().split('\n');
  return [formatAsked(asked), ...lines, ...text.map((line) => `  | ${line}`)].join('\n    ');
}

/** A folder with the Corefile of these, each at a port of its own, and the files that it names. */
async function written(folder: string, servers: readonly Server[]): Promise<readonly Exchange[]> {
  mkdirSync(folder);
  const exchanges: Exchange[] = [];
  let text = '';
  for (const server of servers) {
    const port = await freePort();
    text += formatServer(server, port);
    exchanges.push(await Exchange.open(port));
  }
  for (const [file, content] of Object.entries({ ...FILES, Corefile: text })) {
    writeFileSync(join(folder, file), content);
  }
  return exchanges;
}
