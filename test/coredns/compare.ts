/**
 * One seed: a world, what becomes of it, and questions to the servers of all variants.
 *
 *   world ─► API ─► CoreDNS, Isthmus ─► listed by both ─► questions
 *   changed world ─► API ─► watched by both ─────────────► questions
 */
import { type Edns, udpLimit } from '../../libs/dns/message.ts';
import { lowerName } from '../../libs/dns/name.ts';
import { refKey } from '../../libs/event/object.ts';
import type { ApiServer } from '../cluster/apiserver.ts';
import { refOfRaw } from '../cluster/collections.ts';
import { ClusterIPs } from './cluster-ips.ts';
import { mended, type Pair } from './differences.ts';
import { Evidence, typesOf } from './evidence.ts';
import { inFlight } from './in-flight.ts';
import { namesOf } from './names.ts';
import { portlessImports } from './portless-imports.ts';
import { putWorld } from './put-world.ts';
import { type Asked, plain, randomQuestions } from './questions.ts';
import { Random } from './random.ts';
import { variantsOf } from './random-variant.ts';
import { differenceOf, isEqual, type Reply } from './reply.ts';
import { isSentinel, sentinel } from './sentinel.ts';
import { type Compares, startServers } from './servers.ts';
import { compareTransfer, type TransferGiven } from './transfers.ts';
import { formatVariant, type Variant, type Way, zonesOf } from './variant.ts';
import { changedWorld, randomWorld, type World } from './world.ts';

/** So that each variant of each seed has a number: more than a seed has. */
const VARIANTS_MAX = 100;

/** What is asked of every name that exists, besides what shows that it does. */
const OF_EXISTING = ['AAAA', 'SRV', 'CNAME', 'TXT'] as const;

/** For evidence: all of it, in one packet. */
const LARGE: Edns = { udpSize: 65_535, version: 0, dnssecOk: false, options: [] };

export interface Difference {
  readonly asked: Asked;
  readonly way: Way;
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

export interface HowMuch {
  /** Random ones, before and after the changes. */
  readonly questions: number;
  /** Of the names of a world so many-th is asked for plainly as well: 1 for all. */
  readonly every: number;
}

/** An API server, and the world that it has now. */
export class Laboratory {
  readonly #api: ApiServer;
  readonly #coredns: string;
  #world: World = new Map();

  /** The API server serves ServiceImports. */
  constructor(api: ApiServer, coredns: string) {
    this.#api = api;
    this.#coredns = coredns;
  }

  /** Of each variant of the seed. */
  async compare(seed: number, much: HowMuch): Promise<readonly Report[]> {
    const random = new Random(seed);
    const [first, second] = [2 * seed, 2 * seed + 1];
    const variants = variantsOf(random, [first, second]);
    const ips = new ClusterIPs();
    await this.#become(randomWorld(random, ips), first);
    const servers = await startServers(this.#api, this.#coredns, variants);
    const comparisons = servers.all.map(
      (one, i) => new Comparison(one, new Random(VARIANTS_MAX * seed + i)),
    );
    const ask = async (when: string) => {
      await Promise.all(comparisons.map((one) => one.ask(this.#world, much, when)));
    };
    try {
      await servers.untilSeen(first);
      await ask('listed');
      await this.#become(changedWorld(random, this.#world, ips), second);
      await servers.untilSeen(second);
      await ask('watched');
    } finally {
      await servers.stop();
    }
    return comparisons.map((one) => one.report());
  }

  async #become(world: World, number: number): Promise<void> {
    const mark = sentinel(number).map((raw) => [refKey(refOfRaw(raw)), raw] as const);
    const whole = new Map([...world].filter(([, raw]) => !isSentinel(raw)));
    await putWorld(this.#api, this.#world, whole);
    this.#world = new Map([...whole, ...mark]);
    await putWorld(this.#api, whole, this.#world);
  }
}

/** What rules need to know. */
type Known = Omit<Pair, 'question' | 'theirs' | 'ours'>;

class Comparison {
  readonly #servers: Compares;
  readonly #random: Random;
  readonly #differences: Difference[] = [];
  readonly #explained = new Map<string, number>();
  #questions = 0;

  constructor(servers: Compares, random: Random) {
    this.#servers = servers;
    this.#random = random;
  }

  async ask(world: World, { questions: count, every }: HowMuch, when: string): Promise<void> {
    const { variant, theirs } = this.#servers;
    const evidence = new Evidence(zonesOf(variant), (name, type) =>
      theirs.ask({ ...plain(name, type), edns: LARGE }),
    );
    const all = namesOf(world, variant);
    await inFlight(all, (name) => evidence.learn(name));
    const names = withoutMost(all, variant).filter((_, i) => i % every === 0);
    const there: string[] = [];
    for (const name of names) if (await evidence.exists(name)) there.push(name);
    const questions = [
      ...names.flatMap((name) => typesOf(name).map((type) => plain(name, type))),
      ...there.flatMap((name) => OF_EXISTING.map((type) => plain(name, type))),
      ...evidence.zones.flatMap((apex) => [plain(apex, 'SOA'), plain(apex, 'NS')]),
      ...randomQuestions(this.#random, names, variant, count),
    ];
    this.#questions += questions.length;
    const known = { evidence, variant, portless: portlessImports(world, variant) };
    await inFlight(questions, (question) => this.#compare(question, known, when));
    if (variant.transfer) {
      for (const zone of evidence.zones) {
        const inZone = there.filter((name) => evidence.zoneOf(name) === zone);
        await this.#transfer({ zone, names: inZone, evidence, variant }, when);
      }
    }
  }

  async #transfer(given: TransferGiven, when: string): Promise<void> {
    const { theirs, ours } = this.#servers;
    const asked: Asked = { ...plain(given.zone, 'AXFR'), transport: 'tcp' };
    for (const { way, server } of ours) {
      const { lines, rules } = await compareTransfer(theirs, server, given);
      this.#explain(rules);
      if (lines.length > 0) this.#differences.push({ asked, way, when, lines, raw: [] });
    }
  }

  #explain(rules: readonly string[]): void {
    for (const name of rules) this.#explained.set(name, (this.#explained.get(name) ?? 0) + 1);
  }

  async #compare(question: Asked, known: Known, when: string): Promise<void> {
    const { theirs: peer, ours: answering } = this.#servers;
    const theirs = await peer.ask(question);
    let isWhole = !isTruncated(theirs);
    for (const { way, server } of answering) {
      const ours = await server.ask(question);
      // Ours may fit where theirs does not: it has less to say, or says it shorter.
      const isShorter = isTruncated(theirs) && !isTruncated(ours);
      const whole = isShorter ? await peer.ask({ ...question, transport: 'tcp' }) : theirs;
      await this.#judge({ question, theirs: whole, ours, ...known }, way, when);
      isWhole &&= !isTruncated(ours);
    }
    // As a client does. Nothing is truncated there.
    if (!isWhole && question.transport === 'udp') {
      await this.#compare({ ...question, transport: 'tcp' }, known, when);
    }
  }

  report(): Report {
    return {
      variant: formatVariant(this.#servers.variant),
      questions: this.#questions,
      differences: this.#differences,
      explained: this.#explained,
    };
  }

  async #judge(pair: Pair, way: Way, when: string): Promise<void> {
    const { question, theirs, ours } = pair;
    const fits = fitsClient(question, ours);
    // Also where both say the same: both may be wrong.
    const { reply, rules } = await mended(pair);
    if (isEqual(reply, ours) && fits) {
      this.#explain(rules);
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

/** Forward zones beside the first one say what that says: some of their names are enough. */
function withoutMost(names: readonly string[], { zones }: Variant): readonly string[] {
  const others = zones.slice(1).map((zone) => `.${lowerName(zone)}.`);
  return names.filter((name, i) => i % 4 === 0 || !others.some((end) => name.endsWith(end)));
}
