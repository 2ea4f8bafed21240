/**
 * Records, one by one → a zone. Says which can't be in it: some make it no zone, others are left
 * out.
 */
import { isWithin, lowerName, parentName } from '../dns/name.ts';
import type { RR, RRset } from '../dns/rrset.ts';
import { canonicalKey } from './canonical-order.ts';
import { type ChainLink, rrsetOf, type Zone, type ZoneName } from './zone.ts';

/** Why a record is not in the zone. */
export interface Refusal {
  /** `it is …; expected …` */
  readonly why: string;
  /** There is no zone with such a record; else it is as if it was not there. */
  readonly isFatal: boolean;
}

interface GrowingRRset extends RRset {
  ttl: number;
  readonly rdatas: string[];
}

interface GrowingName extends ZoneName {
  name: string;
  rrsets: GrowingRRset[];
  signatures: { readonly covered: string; readonly rrset: GrowingRRset }[];
}

/** More rdatas than that are looked up in a set. */
const FEW = 8;

/**
 * Records of one set, and sets of one name: no message carries more, and each query would take the
 * time to find that out.
 */
const SET_MAX = 4096;
/** Some 200 octets each. Whoever signs or delegates has fewer names than records. */
const NAMES_MAX = 2_000_000;

/** What may be beside a CNAME (RFC 2181 § 10.1, RFC 4034 § 2.5). */
const BESIDE_CNAME = new Set(['CNAME', 'NSEC', 'KEY', 'RRSIG']);

export class ZoneBuilder {
  readonly #origin: string;
  readonly #names = new Map<string, GrowingName>();
  /** Of large RRsets. */
  readonly #rdatas = new WeakMap<RRset, Set<string>>();
  readonly #links: ChainLink[] = [];
  readonly #namesMax: number;
  #soa: string | undefined;

  /** `origin`: lower-case and absolute. */
  constructor(origin: string, namesMax = NAMES_MAX) {
    this.#origin = origin;
    this.#namesMax = namesMax;
  }

  /** Undefined: it is in the zone. */
  add(record: RR): Refusal | undefined {
    const name = lowerName(record.name);
    const refusal = this.#refusal(record, name);
    if (refusal !== undefined) return refusal;
    const at = this.#at(record.name, name);
    const rrset = setOf(at, record);
    if (rrset.rdatas.length >= SET_MAX) return tooMany(`records of ${name} and its type`);
    if (at.rrsets.length > SET_MAX) return tooMany(`types of ${name}`);
    if (record.type === 'NSEC' && rrset.rdatas.length === 0) {
      this.#links.push({ key: canonicalKey(name), at });
    }
    this.#put(rrset, record);
    return undefined;
  }

  /** Undefined: it has no SOA. */
  zone(): Zone | undefined {
    const apex = this.#names.get(this.#origin);
    if (apex === undefined || rrsetOf(apex, 'SOA') === undefined) return undefined;
    // Files that are signed have this order already.
    const chain = this.#links.toSorted((one, other) => (one.key < other.key ? -1 : 1));
    return { origin: this.#origin, apex, names: this.#names, chain };
  }

  #refusal({ type, rdata }: RR, name: string): Refusal | undefined {
    if (type === 'SOA') {
      if (name !== this.#origin) {
        return { why: `it is the SOA of ${name}; expected that of ${this.#origin}`, isFatal: true };
      }
      if (this.#soa !== undefined && this.#soa !== rdata) {
        return { why: 'it is a second SOA; expected one', isFatal: true };
      }
      this.#soa = rdata;
    }
    if (!isWithin(name, this.#origin)) {
      return { why: `it is outside; expected a name in ${this.#origin}`, isFatal: false };
    }
    // RFC 5155: its denials need hashes of names.
    if (type === 'NSEC3' || type === 'NSEC3PARAM') {
      return { why: 'NSEC3 is not served; expected a zone signed with NSEC', isFatal: true };
    }
    if (this.#names.size >= this.#namesMax && !this.#names.has(name)) {
      const is = 'there are too many names, with those that only have others below them';
      return { why: `${is}; expected ${this.#namesMax} at most`, isFatal: true };
    }
    return this.#besideCname(type, rdata, name);
  }

  #besideCname(type: string, rdata: string, name: string): Refusal | undefined {
    const at = this.#names.get(name);
    if (at === undefined || at.rrsets.length === 0) return undefined;
    const cname = rrsetOf(at, 'CNAME');
    if (type === 'CNAME') {
      if (cname !== undefined && cname.rdatas[0] !== rdata) {
        return { why: `${name} has another CNAME; expected one`, isFatal: false };
      }
      const other = at.rrsets.find((rrset) => !BESIDE_CNAME.has(rrset.type));
      if (other === undefined) return undefined;
      return { why: `${name} has a ${other.type} too; expected one of them`, isFatal: false };
    }
    if (cname === undefined || BESIDE_CNAME.has(type)) return undefined;
    return { why: `${name} has a CNAME too; expected one of them`, isFatal: false };
  }

  /** The name, and those above it that exist because of it. */
  #at(name: string, lower: string): GrowingName {
    const there = this.#names.get(lower);
    if (there !== undefined) {
      if (there.rrsets.length === 0) there.name = name;
      return there;
    }
    const at: GrowingName = { name, rrsets: [], signatures: [] };
    this.#names.set(lower, at);
    const [above, aboveLower] = [parentName(name), parentName(lower)];
    if (lower !== this.#origin && above !== undefined && aboveLower !== undefined) {
      this.#at(above, aboveLower);
    }
    return at;
  }

  #put(rrset: GrowingRRset, { ttl, rdata }: RR): void {
    // RFC 2181 § 5.2: they share their TTL, the lowest.
    rrset.ttl = Math.min(rrset.ttl, ttl);
    if (rrset.rdatas.length < FEW) {
      if (!rrset.rdatas.includes(rdata)) rrset.rdatas.push(rdata);
      return;
    }
    const known = this.#rdatas.get(rrset) ?? new Set(rrset.rdatas);
    this.#rdatas.set(rrset, known);
    if (known.has(rdata)) return;
    known.add(rdata);
    rrset.rdatas.push(rdata);
  }
}

function tooMany(what: string): Refusal {
  return { why: `there are too many ${what}; expected ${SET_MAX} at most`, isFatal: true };
}

function setOf(at: GrowingName, { name, type, ttl, rdata }: RR): GrowingRRset {
  const fresh = (): GrowingRRset => ({ name, type, ttl, rdatas: [] });
  if (type === 'RRSIG') {
    const covered = rdata.slice(0, rdata.indexOf(' '));
    const known = at.signatures.find((one) => one.covered === covered)?.rrset;
    if (known !== undefined) return known;
    const rrset = fresh();
    at.signatures.push({ covered, rrset });
    return rrset;
  }
  const known = at.rrsets.find((rrset) => rrset.type === type);
  if (known !== undefined) return known;
  const rrset = fresh();
  at.rrsets.push(rrset);
  return rrset;
}
