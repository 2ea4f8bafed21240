/**
 * For tests: the table as plain maps, and what must be said of them. It knows neither records nor
 * memory, so that it can be wrong in other ways only.
 */
import { encode } from '../dns/encode.ts';
import type { Message } from '../dns/message.ts';
import { UDP_OCTETS_MAX } from '../dns/message.ts';
import { isWithin, lowerName, parentName } from '../dns/name.ts';
import type { RR } from '../dns/rrset.ts';
import { HAND_OVER } from './answerer.ts';
import { edns } from './asking.ts';
import type { CachedTimes, PutOptions, TableAnswer, TableZone } from './table-answer.ts';

/** The messages that are right: several where addresses turn; or HAND_OVER. */
export type Expected = readonly Uint8Array[] | typeof HAND_OVER;

interface OwnName {
  readonly zone: number;
  readonly answers: readonly TableAnswer[];
  readonly handOver: boolean;
  readonly handOverBelow: boolean;
}

export class TableModel {
  readonly #zones = new Map<number, TableZone>();
  readonly #own = new Map<string, OwnName>();
  readonly #cached = new Map<string, Map<string, TableAnswer>>();

  setZone(id: number, zone: TableZone): void {
    this.#zones.set(id, zone);
  }

  put(
    name: string,
    zone: number,
    answers: readonly TableAnswer[],
    { handOver = false, handOverBelow = false }: PutOptions,
  ): void {
    this.#own.set(name, { zone, answers, handOver, handOverBelow });
    for (const cached of this.#cached.keys()) if (this.#exists(cached)) this.#cached.delete(cached);
  }

  remove(name: string): void {
    this.#own.delete(name);
  }

  /** Whether it is kept. */
  keep(name: string, answer: TableAnswer): boolean {
    if (this.#exists(name)) return false;
    const types = this.#cached.get(name) ?? new Map<string, TableAnswer>();
    for (const [type, { cached }] of types) {
      const isOver = (cached?.expiresAtSeconds ?? 0) <= (answer.cached?.saidAtSeconds ?? 0);
      if (isOver) types.delete(type);
    }
    this.#cached.set(name, types.set(answer.type, answer));
    return true;
  }

  forget(name: string, type: string): void {
    const types = this.#cached.get(name);
    types?.delete(type);
    if (types?.size === 0) this.#cached.delete(name);
  }

  /** Names that a table has: with an answer, or between one and its apex. */
  get names(): number {
    const names = new Set(this.#cached.keys());
    for (const [name, { zone }] of this.#own) {
      const apex = this.#zones.get(zone)?.apex;
      for (let up: string | undefined = name; up !== undefined; up = parentName(up)) {
        names.add(up);
        if (up === apex) break;
      }
    }
    return names.size;
  }

  expected(asked: Message, limit: number, nowSeconds: number): Expected {
    const name = lowerName(asked.question?.name ?? '');
    const type = asked.question?.type ?? '';
    const own = this.#own.get(name);
    if (own?.handOver) return HAND_OVER;
    const answer = own?.answers.find((candidate) => candidate.type === type);
    if (answer !== undefined) return messages(asked, answer, limit);
    if (own?.answers.some((candidate) => candidate.type === 'CNAME')) return HAND_OVER;
    if (this.#exists(name)) {
      // What is not known below a name may be what only exists for another below it.
      if (own === undefined && this.#isOpen(name)) return HAND_OVER;
      return this.#denial(asked, name, 0, limit);
    }
    const types = this.#cached.get(name);
    if (types !== undefined) return cachedMessages(asked, types.get(type), limit, nowSeconds);
    if (this.#isOpen(name)) return HAND_OVER;
    return this.#denial(asked, this.#encloser(name), 3, limit);
  }

  /** The first name above that was put says what is not known below it. */
  #isOpen(name: string): boolean {
    let above = parentName(name);
    while (above !== undefined && !this.#own.has(above)) above = parentName(above);
    return above !== undefined && this.#own.get(above)?.handOverBelow === true;
  }

  #denial(asked: Message, at: string | undefined, rcode: number, limit: number): Expected {
    if (at === undefined || this.#own.get(at)?.handOver) return HAND_OVER;
    const zone = [...this.#zones.values()].find(({ apex }) => isWithin(at, apex));
    if (!zone?.complete) return HAND_OVER;
    const { soa, recursionAvailable = false } = zone;
    const sections = { answer: [], authority: [soa], additional: [] };
    const rest = { type: '', rcode, authoritative: true, recursionAvailable };
    return messages(asked, { ...rest, ...sections }, limit);
  }

  #encloser(name: string): string | undefined {
    let above = parentName(name);
    while (above !== undefined && !this.#exists(above)) above = parentName(above);
    return above;
  }

  #exists(name: string): boolean {
    for (const [own, { zone }] of this.#own) {
      if (isWithin(own, name) && isWithin(name, this.#zones.get(zone)?.apex ?? name)) return true;
    }
    return false;
  }
}

function cachedMessages(
  asked: Message,
  answer: TableAnswer | undefined,
  limit: number,
  nowSeconds: number,
): Expected {
  const times: CachedTimes | undefined = answer?.cached;
  if (answer === undefined || times === undefined) return HAND_OVER;
  const { recursionDesired, checkingDisabled } = asked.flags;
  if (!recursionDesired || checkingDisabled || asked.edns?.dnssecOk) return HAND_OVER;
  if (nowSeconds >= times.expiresAtSeconds) return HAND_OVER;
  const age = Math.max(0, nowSeconds - times.saidAtSeconds);
  const aged = (rrs: readonly RR[]) => rrs.map((rr) => ({ ...rr, ttl: Math.max(0, rr.ttl - age) }));
  const { answer: found, authority, additional } = answer;
  const sections = {
    answer: aged(found),
    authority: aged(authority),
    additional: aged(additional),
  };
  return messages(asked, { ...answer, ...sections }, limit);
}

function messages(asked: Message, answer: TableAnswer, limit: number): readonly Uint8Array[] {
  const turns = answer.rotate ? rotations(answer.answer) : [answer.answer];
  return turns.map((turn) => messageOf(asked, { ...answer, answer: turn }, limit));
}

function messageOf(asked: Message, answer: TableAnswer, limit: number): Uint8Array {
  const wantsAuthenticity = asked.flags.authenticData || asked.edns?.dnssecOk === true;
  return encode(
    {
      ...asked,
      rcode: answer.rcode ?? 0,
      flags: {
        ...asked.flags,
        response: true,
        truncated: false,
        authoritative: answer.authoritative,
        recursionAvailable: answer.recursionAvailable ?? false,
        authenticData: (answer.authenticData ?? false) && wantsAuthenticity,
      },
      answer: answer.answer,
      authority: answer.authority,
      additional: answer.additional,
      edns: asked.edns && edns(UDP_OCTETS_MAX, { dnssecOk: asked.edns.dnssecOk }),
    },
    limit,
  );
}

/**
 * Each of the last records of an answer first once, if they have one owner and type. The first of
 * all may have its owner in full, and then stays.
 */
function rotations(answer: readonly RR[]): readonly (readonly RR[])[] {
  const last = answer.at(-1);
  if (last?.type !== 'A' && last?.type !== 'AAAA') return [answer];
  const isOther = (rr: RR) => rr.type !== last.type || rr.name !== last.name;
  const start = answer.findLastIndex(isOther) + 1;
  return [start, start + 1].flatMap((from) =>
    answer
      .slice(from)
      .map((_, i, turning) => [
        ...answer.slice(0, from),
        ...turning.slice(i),
        ...turning.slice(0, i),
      ]),
  );
}
