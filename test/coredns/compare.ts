/**
 * One seed: a variant of the stanza, a world, what becomes of it, and questions to all servers.
 *
 *   world ─► API ─► CoreDNS, Isthmus ─► listed by both ─► questions
 *   changed world ─► API ─► watched by both ─────────────► questions
 */
import { type Edns, udpLimit } from '../../libs/dns/message.ts';
import { refKey } from '../../libs/event/object.ts';
import type { ApiServer } from '../cluster/apiserver.ts';
import { refOfRaw } from '../cluster/collections.ts';
import { mended, type Pair } from './differences.ts';
import { Evidence, typesOf } from './evidence.ts';
import { namesOf } from './names.ts';
import { putWorld, sentinel } from './put-world.ts';
import { type Asked, encodeAsked, plain, randomQuestion } from './questions.ts';
import { Random } from './random.ts';
import { differenceOf, isEqual, type Reply } from './reply.ts';
import { type Servers, startServers } from './servers.ts';
import { formatVariant, type Variant, variantOf, zonesOf } from './variant.ts';
import { ClusterIPs, changedWorld, randomWorld, type World } from './world.ts';

/** Questions in flight: fewer than a socket's buffer holds. */
const IN_FLIGHT = 64;

/** What is asked of every name that exists, besides what shows that it does. */
const OF_EXISTING = ['AAAA', 'SRV', 'CNAME', 'TXT'] as const;

/** For evidence: all of it, in one packet. */
const LARGE: Edns = { udpSize: 65_535, version: 0, dnssecOk: false, options: [] };

export interface Difference {
  readonly asked: Asked;
  readonly way: 'table' | 'chain';
  readonly when: string;
  /** A diff from what CoreDNS should have said to what Isthmus said. */
  readonly lines: readonly string[];
  /** A diff from what it did say. */
  readonly raw: readonly string[];
}

export interface Report {
  readonly variant: string;
  readonly questions: number;
  readonly differences: readonly Difference[];
  /** How often a rule explained a difference. */
  readonly explained: ReadonlyMap<string, number>;
}

/** An API server, and the world that it has now. */
export class Laboratory {
  readonly #api: ApiServer;
  readonly #coredns: string;
  #world: World = new Map();

  constructor(api: ApiServer, coredns: string) {
    this.#api = api;
    this.#coredns = coredns;
  }

  /** `questions`: random ones before and after the changes, besides a plain census of all names. */
  async compare(seed: number, questions: number): Promise<Report> {
    const random = new Random(seed);
    const variant = variantOf(random);
    const ips = new ClusterIPs();
    const [first, second] = [2 * seed, 2 * seed + 1];
    await this.#become(randomWorld(random, ips), first);
    const servers = await startServers(this.#api, this.#coredns, variant);
    const comparison = new Comparison(servers, variant);
    try {
      await servers.untilSeen(first);
      await comparison.ask(random, this.#world, questions, 'listed');
      await this.#become(changedWorld(random, this.#world, ips), second);
      await servers.untilSeen(second);
      await comparison.ask(random, this.#world, questions, 'watched');
    } finally {
      await servers.stop();
    }
    return comparison.report();
  }

  async #become(world: World, number: number): Promise<void> {
    const mark = sentinel(number).map((raw) => [refKey(refOfRaw(raw)), raw] as const);
    const whole = new Map([...world].filter(([, raw]) => !isSentinel(raw.metadata)));
    await putWorld(this.#api, this.#world, whole);
    this.#world = new Map([...whole, ...mark]);
    await putWorld(this.#api, whole, this.#world);
  }
}

function isSentinel({ name, namespace }: { readonly name: string; readonly namespace?: string }) {
  return (namespace ?? name).startsWith('sentinel-');
}

class Comparison {
  readonly #servers: Servers;
  readonly #variant: Variant;
  readonly #differences: Difference[] = [];
  readonly #explained = new Map<string, number>();
  #questions = 0;

  constructor(servers: Servers, variant: Variant) {
    this.#servers = servers;
    this.#variant = variant;
  }

  async ask(random: Random, world: World, count: number, when: string): Promise<void> {
    const { zone, forward } = this.#variant;
    const ask = (question: Asked) =>
      this.#servers.theirs.ask(encodeAsked(question), question.transport);
    const evidence = new Evidence(zonesOf(this.#variant), (name, type) =>
      ask({ ...plain(name, type), edns: LARGE }),
    );
    const names = namesOf(world, zone);
    await inFlight(names, (name) => evidence.learn(name));
    const there: string[] = [];
    for (const name of names) if (await evidence.exists(name)) there.push(name);
    const questions = [
      ...names.flatMap((name) => typesOf(name).map((type) => plain(name, type))),
      ...there.flatMap((name) => OF_EXISTING.map((type) => plain(name, type))),
      ...evidence.zones.flatMap((apex) => [plain(apex, 'SOA'), plain(apex, 'NS')]),
      ...Array.from({ length: count }, () => randomQuestion(random, names, zone)),
    ];
    this.#questions += questions.length;
    const compare = async (question: Asked): Promise<void> => {
      const theirs = await ask(question);
      let isWhole = !isTruncated(theirs);
      for (const { way, server } of this.#servers.ours) {
        const ours = await server.ask(encodeAsked(question), question.transport);
        // Ours may fit where theirs does not: it has less to say, or says it shorter.
        const isShorter = isTruncated(theirs) && !isTruncated(ours);
        const whole = isShorter ? await ask({ ...question, transport: 'tcp' }) : theirs;
        await this.#judge({ question, theirs: whole, ours, evidence, forward }, way, when);
        isWhole &&= !isTruncated(ours);
      }
      // As a client does. Nothing is truncated there.
      if (!isWhole && question.transport === 'udp')
        await compare({ ...question, transport: 'tcp' });
    };
    await inFlight(questions, compare);
  }

  report(): Report {
    return {
      variant: formatVariant(this.#variant),
      questions: this.#questions,
      differences: this.#differences,
      explained: this.#explained,
    };
  }

  async #judge(pair: Pair, way: 'table' | 'chain', when: string): Promise<void> {
    const { question, theirs, ours } = pair;
    const fits = fitsClient(question, ours);
    // Also where both say the same: both may be wrong.
    const { reply, rules } = await mended(pair);
    if (isEqual(reply, ours) && fits) {
      for (const name of rules) this.#explained.set(name, (this.#explained.get(name) ?? 0) + 1);
      return;
    }
    const lines = fits ? differenceOf(reply, ours) : ['+ more octets than the client can take'];
    this.#differences.push({ asked: question, way, when, lines, raw: differenceOf(theirs, ours) });
  }
}

function fitsClient({ transport, edns }: Asked, reply: Reply): boolean {
  return transport === 'tcp' || reply.kind !== 'message' || reply.octets <= udpLimit({ edns });
}

function isTruncated(reply: Reply): boolean {
  return reply.kind === 'message' && reply.message.flags.truncated;
}

async function inFlight<T>(all: readonly T[], act: (one: T) => Promise<void>): Promise<void> {
  const left = all.values();
  const work = async () => {
    for (const one of left) await act(one);
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, work));
}
