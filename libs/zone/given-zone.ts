/** Zones of tests: from records as text, signed or not, and at random. */
import fc from 'fast-check';
import { typeNumber } from '../dns/iana.ts';
import { formatRecord, parseRecord } from '../dns/presentation.ts';
import type { RR } from '../dns/rrset.ts';
import { canonicalKey } from './canonical-order.ts';
import type { Zone } from './zone.ts';
import { ZoneBuilder } from './zone-builder.ts';

export interface GivenZone {
  readonly zone: Zone;
  /** Those that are in it. */
  readonly records: readonly RR[];
}

export function givenZone(origin: string, lines: readonly string[]): GivenZone {
  return zoneOfRecords(origin, lines.map(parseRecord));
}

function zoneOfRecords(origin: string, all: readonly RR[]): GivenZone {
  const builder = new ZoneBuilder(origin);
  const taken = all.filter((record) => builder.add(record) === undefined);
  const zone = builder.zone();
  if (zone === undefined) throw new Error('the zone has no SOA');
  const unique = new Map(taken.map((record) => [formatRecord(record), record]));
  return { zone, records: [...unique.values()] };
}

/** With a chain of NSEC, and signatures that nobody could verify. */
export function signed(origin: string, { records }: GivenZone): GivenZone {
  const isBelowCut = (name: string) =>
    records.some(({ name: cut, type }) => {
      const cuts = (type === 'NS' && cut !== origin) || type === 'DNAME';
      return cuts && name !== cut && name.endsWith(`.${cut}`);
    });
  const own = records.filter(({ name }) => !isBelowCut(name));
  const owners = [...new Set(own.map(({ name }) => name))].sort((one, other) =>
    canonicalKey(one) < canonicalKey(other) ? -1 : 1,
  );
  const isCut = (name: string) =>
    name !== origin && own.some((rr) => rr.name === name && rr.type === 'NS');
  const typesAt = (name: string) => {
    const types = own.filter((rr) => rr.name === name).map(({ type }) => type);
    const shown = isCut(name) ? types.filter((type) => type === 'NS' || type === 'DS') : types;
    return [...new Set([...shown, 'RRSIG', 'NSEC'])].sort(
      (one, other) => (typeNumber(one) ?? 0) - (typeNumber(other) ?? 0),
    );
  };
  const proofs = owners.map((name, i) => ({
    name,
    type: 'NSEC',
    ttl: 60,
    rdata: `${owners[i + 1] ?? owners[0]} ${typesAt(name).join(' ')}`,
  }));
  const sets = new Map([...own, ...proofs].map((rr) => [`${rr.name} ${rr.type}`, rr]));
  const signatures = [...sets.values()]
    .filter(({ name, type }) => !isCut(name) || type === 'DS' || type === 'NSEC')
    .map(({ name, type, ttl }) => {
      const rdata = `${type} 13 1 ${ttl} 20380119031408 19700101000000 1 ${origin} AQID`;
      return { name, type: 'RRSIG', ttl, rdata };
    });
  return zoneOfRecords(origin, [...records, ...proofs, ...signatures]);
}

const label = fc.constantFrom('a', 'b', '*');
const below = (depth: number) =>
  fc.array(label, { maxLength: depth }).map((labels) => [...labels, 'z.'].join('.'));
const target = fc.oneof(
  { weight: 4, arbitrary: below(3) },
  { weight: 1, arbitrary: fc.constant('x.') },
);
const line = fc
  .tuple(
    below(3),
    fc.oneof(
      fc.nat(2).map((n) => `A 192.0.2.${n}`),
      fc.constant('TXT "x"'),
      target.map((name) => `MX 10 ${name}`),
      target.map((name) => `CNAME ${name}`),
      target.map((name) => `DNAME ${name}`),
      target.map((name) => `NS ${name}`),
      fc.constant('DS 1 13 2 abcd'),
    ),
  )
  .map(([name, rest]) => `${name} 60 IN ${rest}`);

/** Of the origin `z.`, of few names with much in common. */
export const someZone = fc.array(line, { maxLength: 10, size: 'max' }).map((lines) => {
  return givenZone('z.', ['z. 60 IN SOA ns.z. admin.z. 1 2 3 4 30', 'z. 60 IN NS ns.z.', ...lines]);
});

/** In that zone, and beyond what it has. */
export const someQuestion = fc.record({
  name: fc
    .array(fc.constantFrom('a', 'b', 'c', '*'), { maxLength: 4 })
    .map((labels) => [...labels, 'z.'].join('.')),
  type: fc.constantFrom('A', 'TXT', 'MX', 'CNAME', 'DNAME', 'NS', 'DS', 'SOA', 'ANY'),
});
