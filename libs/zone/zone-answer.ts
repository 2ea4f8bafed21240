/**
 * Question → what zones say to it, as the sections of a response. Aliases are followed from zone to
 * zone as far as there are zones; where they lead then is `outside`.
 */
import { RCODE } from '../dns/iana.ts';
import { isWithin, lowerName } from '../dns/name.ts';
import type { RR, RRset } from '../dns/rrset.ts';
import { recordsOf } from '../dns/rrset.ts';
import { isOccluded, type Step, signedAs, stepIn, type ZoneQuestion } from './step.ts';
import { rrsetOf, signaturesOf, type Zone } from './zone.ts';

export interface ZoneAnswer {
  readonly rcode: number;
  /** False for a referral alone: others know what is below the cut. */
  readonly authoritative: boolean;
  readonly answer: readonly RR[];
  readonly authority: readonly RR[];
  readonly additional: readonly RR[];
  /** An alias leads there, to no zone of these. */
  readonly outside?: string;
  /** There are no records of the name that was asked for, of any type. */
  readonly isMissing: boolean;
  /** The owner of the wildcard that it was made of. */
  readonly wildcard: string | undefined;
}

export interface Zones {
  /** Undefined: it is in none. `unknown`: nothing is known of the zone that it is in. */
  zoneOf(name: string, type: string): Zone | 'unknown' | undefined;
  /** Whether others may have names that are missing here. */
  fallsThrough(name: string): boolean;
}

/** Aliases of one answer: what the resolver follows elsewhere, too. */
const ALIASES_MAX = 10;

/** Types with names of hosts, and where these are (RFC 1035 § 3.3, RFC 2782, RFC 9460 § 4.1). */
const HOST_WORDS: ReadonlyMap<string, number> = new Map(
  Object.entries({ NS: 0, MX: 1, SRV: 3, SVCB: 1, HTTPS: 1 }),
);

/** Undefined: no zone has the name. */
export function answerFrom(zones: Zones, question: ZoneQuestion): ZoneAnswer | undefined {
  const answering = new Answering(zones, question);
  return answering.answer();
}

class Answering {
  readonly #zones: Zones;
  readonly #asked: ZoneQuestion;
  readonly #answer: RR[] = [];
  readonly #proofs: RR[] = [];
  readonly #seen = new Set<string>();
  #wildcard: string | undefined;

  constructor(zones: Zones, asked: ZoneQuestion) {
    this.#zones = zones;
    this.#asked = asked;
  }

  answer(): ZoneAnswer | undefined {
    let zone: Zone | undefined;
    for (let { name } = this.#asked; ; ) {
      const lower = lowerName(name);
      // RFC 1034 § 3.6.2: aliases in a circle are an error.
      if (this.#seen.has(lower) || this.#seen.size > ALIASES_MAX) return this.#failure();
      const next = this.#zones.zoneOf(lower, this.#asked.type);
      if (next === 'unknown') return this.#failure();
      if (next === undefined) return zone && this.#outside(zone, name);
      const step = stepIn(next, { ...this.#asked, name });
      const isFirst = this.#seen.size === 0;
      if (!isFirst && isMissing(step) && this.#zones.fallsThrough(lower)) {
        return this.#outside(zone ?? next, name);
      }
      this.#seen.add(lower);
      zone = next;
      if ('wildcard' in step && isFirst) this.#wildcard = step.wildcard;
      if (step.kind !== 'alias') return this.#end(zone, name, step);
      this.#answer.push(...step.answer);
      this.#proofs.push(...step.proofs);
      if (this.#asked.type === 'CNAME') return this.#respond({ authority: this.#servers(zone) });
      name = step.target;
    }
  }

  #end(zone: Zone, name: string, step: Exclude<Step, { kind: 'alias' }>): ZoneAnswer {
    switch (step.kind) {
      case 'answer': {
        this.#answer.push(...step.answer);
        const isServers = step.rrsets.some(({ type }) => type === 'NS');
        const authority = [...(isServers ? [] : this.#servers(zone)), ...step.proofs];
        return this.#respond({ authority, additional: this.#hosts(zone, name, step.rrsets) });
      }
      case 'too-long':
        this.#answer.push(...step.answer);
        return this.#respond({ rcode: RCODE.YXDOMAIN });
      case 'referral': {
        const additional = this.#hosts(zone, name, [step.ns]);
        // After an alias the answer has records that are the zone's.
        const authoritative = this.#answer.length > 0;
        return this.#respond({ authoritative, authority: step.authority, additional });
      }
      case 'nodata':
        return this.#respond({ authority: this.#denial(zone, step.proofs), step });
      case 'nxdomain': {
        const authority = this.#denial(zone, step.proofs);
        return this.#respond({ rcode: RCODE.NXDOMAIN, authority, step });
      }
    }
  }

  #respond({
    step,
    authority = [],
    ...change
  }: Partial<Omit<ZoneAnswer, 'isMissing' | 'wildcard'>> & { readonly step?: Step }): ZoneAnswer {
    return {
      rcode: RCODE.NOERROR,
      authoritative: true,
      answer: this.#answer,
      authority: uniqueRecords([...authority, ...this.#proofs]),
      additional: [],
      isMissing: step !== undefined && this.#answer.length === 0 && isMissing(step),
      wildcard: this.#wildcard,
      ...change,
    };
  }

  #failure(): ZoneAnswer {
    return this.#respond({ rcode: RCODE.SERVFAIL, authoritative: false, answer: [] });
  }

  #outside(zone: Zone, outside: string): ZoneAnswer {
    return this.#respond({ authority: this.#servers(zone), outside });
  }

  #servers({ apex }: Zone): readonly RR[] {
    const ns = rrsetOf(apex, 'NS');
    return ns === undefined ? [] : signedAs(apex, ns, ns.name, this.#asked);
  }

  /** The SOA says how long a denial is good (RFC 2308 § 3). */
  #denial({ apex }: Zone, proofs: readonly RR[]): readonly RR[] {
    const soa = rrsetOf(apex, 'SOA');
    if (soa === undefined) return proofs;
    const minimum = Number(soa.rdatas[0]?.split(' ').at(-1));
    const signatures = this.#asked.dnssecOk ? signaturesOf(apex, 'SOA') : undefined;
    const records = [soa, ...(signatures === undefined ? [] : [signatures])].flatMap(recordsOf);
    return [...records.map((rr) => ({ ...rr, ttl: Math.min(rr.ttl, minimum) })), ...proofs];
  }

  /** Addresses of the hosts that records name, as far as they are of this zone. */
  #hosts(zone: Zone, owner: string, rrsets: readonly RRset[]): readonly RR[] {
    const hosts = new Map<string, string>();
    for (const { type, rdatas } of rrsets) {
      for (const rdata of HOST_WORDS.has(type) ? rdatas : []) {
        const host = hostOf(type, rdata, owner);
        if (type === 'NS' || !isOccluded(zone, lowerName(host))) hosts.set(lowerName(host), host);
      }
    }
    return [...hosts].flatMap(([lower, host]) => {
      const at = isWithin(lower, zone.origin) ? zone.names.get(lower) : undefined;
      const sets = [at && rrsetOf(at, 'A'), at && rrsetOf(at, 'AAAA')];
      return sets.flatMap((rrset) => {
        return rrset === undefined || at === undefined
          ? []
          : signedAs(at, rrset, host, this.#asked);
      });
    });
  }
}

/** A service may be its owner's (RFC 9460 § 2.5.2). */
function hostOf(type: string, rdata: string, owner: string): string {
  const words = rdata.split(' ');
  const host = words[HOST_WORDS.get(type) ?? 0] ?? '.';
  const isService = type === 'SVCB' || type === 'HTTPS';
  return host === '.' && isService && words[0] !== '0' ? owner : host;
}

function isMissing(step: Step): boolean {
  return step.kind === 'nxdomain' || (step.kind === 'nodata' && step.isEmpty);
}

function uniqueRecords(records: readonly RR[]): readonly RR[] {
  return records.length < 2
    ? records
    : [...new Map(records.map((rr) => [`${rr.name} ${rr.type} ${rr.rdata}`, rr])).values()];
}
