/**
 * What CoreDNS itself says of names when it is asked plainly: by it the rules of differences.ts
 * know whether a name exists, apart from the question where it said something else.
 */
import { addressOfReverseName } from '../../libs/dns/address.ts';
import { RCODE } from '../../libs/dns/iana.ts';
import type { Message } from '../../libs/dns/message.ts';
import { isWithin, lowerName, parentName } from '../../libs/dns/name.ts';
import type { Reply } from './reply.ts';

/** Asks CoreDNS as a stub resolver does. */
export type AskPlainly = (name: string, type: string) => Promise<Reply>;

export class Evidence {
  /** Absolute and lower-case; the first is the one that PTR lead into. */
  readonly zones: readonly string[];
  readonly #ask: AskPlainly;
  readonly #replies = new Map<string, Promise<Reply>>();
  readonly #parents = new Set<string>();

  constructor(zones: readonly string[], ask: AskPlainly) {
    this.zones = zones;
    this.#ask = ask;
  }

  /** Its reply to the name in this very case; undefined when there is none. */
  async ask(name: string, type: string): Promise<Message | undefined> {
    const key = `${name} ${type}`;
    const asked = this.#replies.get(key) ?? this.#ask(name, type);
    this.#replies.set(key, asked);
    const reply = await asked;
    return reply.kind === 'message' ? reply.message : undefined;
  }

  /** Learns which names have others below them. */
  async learn(name: string): Promise<void> {
    for (const type of typesOf(name)) {
      const reply = await this.#positive(name, type);
      if (reply === undefined) continue;
      for (const owner of [name, ...reply.answer.map((record) => record.name)]) {
        this.#addParents(lowerName(owner));
      }
    }
  }

  /** Whether it has records, or is said to exist without. */
  async exists(name: string): Promise<boolean> {
    for (const type of typesOf(name)) {
      if ((await this.#positive(lowerName(name), type)) !== undefined) return true;
    }
    return false;
  }

  /** Whether a name that was learnt is below it. */
  hasBelow(name: string): boolean {
    return this.#parents.has(lowerName(name));
  }

  /** The longest of the zones that the name is within. */
  zoneOf(name: string): string | undefined {
    const lower = lowerName(name);
    return this.zones
      .filter((zone) => isWithin(lower, zone))
      .sort((a, b) => b.length - a.length)[0];
  }

  isReverse(zone: string): boolean {
    return zone.endsWith('.arpa.');
  }

  /** A PTR is only as good as the name that it leads to. */
  async #positive(name: string, type: string): Promise<Message | undefined> {
    const reply = await this.ask(name, type);
    if (reply?.rcode !== RCODE.NOERROR || this.isTakenForServer(name)) return undefined;
    if (await this.isBelowNothing(name)) return undefined;
    if (type !== 'PTR' || reply.answer.length === 0) return reply;
    if (addressOfReverseName(lowerName(name)) === undefined) return undefined;
    for (const { rdata } of reply.answer) if (await this.exists(rdata)) return reply;
    return undefined;
  }

  /** A name of a topology zone, of a Service that itself is denied: it has no ready endpoints. */
  async isBelowNothing(name: string): Promise<boolean> {
    const [, service] = /\.(?:pin|prefer)\._zone\.(.*)$/i.exec(name) ?? [];
    return service !== undefined && (await this.ask(service, 'A'))?.rcode !== RCODE.NOERROR;
  }

  /** `ns.dns.cluster.local.cluster.local.`: CoreDNS looks at the beginning only. */
  isTakenForServer(name: string): boolean {
    const lower = lowerName(name);
    const zone = this.zoneOf(lower);
    return zone !== undefined && lower.startsWith(`ns.dns.${zone}`) && lower !== `ns.dns.${zone}`;
  }

  #addParents(name: string): void {
    const zone = this.zoneOf(name);
    for (let up = parentName(name); up !== undefined && zone !== undefined; up = parentName(up)) {
      if (!isWithin(up, zone) || this.#parents.has(up)) return;
      this.#parents.add(up);
    }
  }
}

/** Whether a name exists shows in one type, or in two. SOA has no say: it is never denied. */
export function typesOf(name: string): readonly string[] {
  if (lowerName(name).endsWith('.arpa.')) return ['A', 'PTR'];
  return /^dns-version\./i.test(name) ? ['A', 'TXT'] : ['A'];
}
