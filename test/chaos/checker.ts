/**
 * Asks both resolvers throughout and judges every answer by the truth: names that matter most all
 * the time, the others in turn.
 */
import { type Answer, Asker } from './asker.ts';
import { BOTH_NAME, CLUSTERS, type ClusterName, moving, nameIn, stable } from './objects-of.ts';
import { ABSENT, type Known, type Truth } from './truth.ts';

/** Two questions to each resolver: 200 a second. */
const EVERY_MS = 10;
/** An answer that was true so long before is as right as one can be: it was on its way. */
const FRESH_MS = 1000;
/** Different violations that are told. */
const VIOLATIONS_MAX = 20;

export interface Stretch {
  readonly name: string;
  readonly lengthMs: number;
  /** When it ended. */
  readonly atMs: number;
  /** What was said instead. */
  readonly said: string;
}
export const NONE: Stretch = { name: '', lengthMs: 0, atMs: 0, said: '' };

/** What one resolver said since the recording began. */
export class Record {
  readonly resolver: string;
  /** Clusters whose names it serves. */
  readonly hears: readonly ClusterName[];
  /** What was asked before is of no matter. */
  readonly begunMs = performance.now();
  asked = 0;
  right = 0;
  /** The answer that was true last the longest time before it was asked for. */
  oldest: Stretch = NONE;
  /** Names that are there: the longest time without an answer to one of them. */
  failed: Stretch = NONE;
  /** Of these what was answered with SERVFAIL, at least once. */
  refused: Stretch = NONE;
  /** Names that are not there, and of which that was not said. */
  withheld: Stretch = NONE;
  /** When something that was not right was answered last. */
  wrongMs = Number.NEGATIVE_INFINITY;
  /** Extended errors that came with answers. */
  readonly errors = new Set<number>();
  /** What was wrong, and how often. */
  readonly #wrong = new Map<string, number>();
  /** Some of the clusters of a name, which a resolver that starts may know first. */
  readonly #parts = new Map<string, number>();
  /** By cluster: when the last answer came, and when what it said became true. */
  readonly news = new Map<ClusterName, { readonly atMs: number; readonly sinceMs: number }[]>();

  constructor({ name, hears }: Pick<Target, 'name' | 'hears'>) {
    this.resolver = name;
    this.hears = hears;
  }

  isWrong(what: string): void {
    const times = this.#wrong.get(what) ?? 0;
    if (times > 0 || this.#wrong.size < VIOLATIONS_MAX) this.#wrong.set(what, times + 1);
  }

  isPart(what: string): void {
    const times = this.#parts.get(what) ?? 0;
    if (times > 0 || this.#parts.size < VIOLATIONS_MAX) this.#parts.set(what, times + 1);
  }

  /** `starts`: it read its clusters one after the other meanwhile, and none waits for another. */
  wrong(starts: boolean): readonly string[] {
    const wrong = starts ? [...this.#wrong] : [...this.#wrong, ...this.#parts];
    return wrong.map(([what, times]) => `${this.resolver}, ${times} times: ${what}`);
  }
}

interface Failing {
  readonly sinceMs: number;
  readonly said: string;
}

interface Asked {
  readonly target: Target;
  readonly hot: readonly string[];
  readonly all: readonly string[];
  readonly asker: Asker;
  record: Record;
  /** By name, since when it has not been answered. */
  readonly failing: Map<string, Failing>;
  next: number;
}

export interface Target {
  readonly name: string;
  readonly hears: readonly ClusterName[];
  readonly address: string;
  readonly port: number;
}

export class Checker {
  readonly #known: ReadonlyMap<string, Known>;
  readonly #asked: readonly Asked[];
  readonly #asking: NodeJS.Timeout;

  constructor(truth: Truth, targets: readonly Target[]) {
    this.#known = new Map(truth.names.map((known) => [known.name, known]));
    const hot = [
      BOTH_NAME,
      ...CLUSTERS.flatMap((of) => [nameIn(of, moving(of)), nameIn(of, stable(of, 0))]),
    ];
    this.#asked = targets.map((target): Asked => {
      const serves = (name: string) => isServed(target, name);
      const asked: Asked = {
        target,
        hot: hot.filter(serves),
        all: [...this.#known.keys()].filter(serves),
        asker: new Asker(target.address, target.port, (answer) => this.#judge(asked, answer)),
        record: new Record(target),
        failing: new Map(),
        next: 0,
      };
      return asked;
    });
    this.#asking = setInterval(() => this.#ask(), EVERY_MS);
  }

  /** Begins new records; those before are of no more interest. */
  record(): readonly Record[] {
    return this.#asked.map((asked) => {
      asked.record = new Record(asked.target);
      asked.failing.clear();
      return asked.record;
    });
  }

  close(): void {
    clearInterval(this.#asking);
    for (const { asker } of this.#asked) asker.close();
  }

  #ask(): void {
    for (const asked of this.#asked) {
      const turn = asked.next++;
      for (const names of [asked.hot, asked.all]) {
        const name = names[turn % names.length];
        if (name !== undefined) asked.asker.ask(name);
      }
    }
  }

  #judge(asked: Asked, answer: Answer): void {
    const { record, failing } = asked;
    const { name, askedMs, repliedMs, reply } = answer;
    const known = this.#known.get(name);
    if (known === undefined || askedMs < record.begunMs) return;
    record.asked++;
    for (const code of answer.errors) record.errors.add(code);
    if (reply.kind === 'silent' || reply.kind === 'failed') {
      const said = reply.kind === 'silent' ? 'silence' : reply.rcode;
      const before = failing.get(name);
      // A failure that was said counts more than one that was not.
      const isSaid = before === undefined || before.said === 'silence';
      const since = { sinceMs: before?.sinceMs ?? askedMs, said: isSaid ? said : before.said };
      failing.set(name, since);
      this.#failed(record, known, since, repliedMs);
      record.wrongMs = repliedMs;
      if (reply.kind === 'failed' && reply.rcode !== 'SERVFAIL') {
        record.isWrong(`${name} was answered with ${reply.rcode}`);
      }
      return;
    }
    const since = failing.get(name);
    if (since !== undefined) this.#failed(record, known, since, repliedMs);
    failing.delete(name);
    this.#judgeValue(record, known, reply.kind === 'denied' ? ABSENT : reply.value, answer);
  }

  #failed(
    record: Record,
    { name, history }: Known,
    { sinceMs, said }: Failing,
    atMs: number,
  ): void {
    const stretch = { name, lengthMs: atMs - sinceMs, atMs, said };
    if (history.now.value === ABSENT) record.withheld = longer(record.withheld, stretch);
    else record.failed = longer(record.failed, stretch);
    if (history.now.value !== ABSENT && said !== 'silence') {
      record.refused = longer(record.refused, stretch);
    }
  }

  #judgeValue(record: Record, known: Known, value: string, { askedMs, repliedMs }: Answer): void {
    const { name, kind, of, history } = known;
    const judgement = history.judge(value, askedMs);
    if (judgement.kind === 'never') {
      const said = value === ABSENT ? 'was denied, and exists' : `was answered with ${value}`;
      const told = `${name} ${said}; expected ${history.now.value || 'a denial'}`;
      if (of === 'both' && isPartOf(value, history.now.value)) record.isPart(told);
      else record.isWrong(told);
      record.wrongMs = repliedMs;
      return;
    }
    record.right++;
    const { ageMs: lengthMs } = judgement;
    record.oldest = longer(record.oldest, { name, lengthMs, atMs: repliedMs, said: value });
    if (judgement.ageMs > FRESH_MS) record.wrongMs = repliedMs;
    if (kind !== 'moving' || of === 'both') return;
    const news = record.news.get(of) ?? [];
    record.news.set(of, news);
    if (news.at(-1)?.sinceMs !== judgement.sinceMs) {
      news.push({ atMs: repliedMs, sinceMs: judgement.sinceMs });
    }
  }
}

/** Home's names are in its own zone, those of other clusters in the clusterset. */
export function isServed({ hears }: Pick<Target, 'hears'>, name: string): boolean {
  return hears.length === CLUSTERS.length || name.endsWith('.cluster.local');
}

function isPartOf(value: string, whole: string): boolean {
  const all = whole.split(' ');
  return value !== ABSENT && value.split(' ').every((address) => all.includes(address));
}

export function longer(one: Stretch, other: Stretch): Stretch {
  return other.lengthMs > one.lengthMs ? other : one;
}
