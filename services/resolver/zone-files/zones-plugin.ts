/**
 * A plugin that answers from zones of files with authority.
 *
 *   query ─► the longest zone that has the name ─┬─ it is there, or is denied ─► answer
 *                                                ├─ missing, and falls through ─► next plugin
 *                                                └─ an alias leads elsewhere ───► asks the server
 */
import { EDE, RCODE } from '../../../libs/dns/iana.ts';
import { OPTION_EDE } from '../../../libs/dns/message.ts';
import { isWithin, lowerName, parentName } from '../../../libs/dns/name.ts';
import type { RR } from '../../../libs/dns/rrset.ts';
import { answerFrom, type ZoneAnswer, type Zones } from '../../../libs/zone/zone-answer.ts';
import type { Plugin } from '../plugin.ts';
import type { Next, Query } from '../query.ts';
import { emptyResponse, type Response } from '../response.ts';
import type { FileZone } from './file-zone.ts';

export interface FileZones {
  /** As they are now, each of another origin. */
  zones(): ReadonlyMap<string, FileZone>;
  /** Zones whose missing names are the next plugin's. */
  readonly fallthrough: readonly string[];
}

const TRANSFERS = new Set(['AXFR', 'IXFR']);

/** All of it but how the files are looked after. */
export function createZonesPlugin(name: string, files: FileZones): Plugin {
  const served = servedZones(files);
  return {
    name,
    owns: (name) => {
      if (zoneAbove(files.zones(), name) === undefined) return false;
      return !served.fallsThrough(name) || isThere(served, name);
    },
    handle: (query, next) => answer(query, next, served),
    metadata: function* (query) {
      if (zoneAbove(files.zones(), query.name) === undefined) return;
      yield ['zone/wildcard', () => answerFrom(served, questionOf(query))?.wildcard ?? ''];
    },
    zoneSource: (zone) => files.zones().get(zone),
    sourceZones: () => [...files.zones().keys()],
    notes: () =>
      [...files.zones().values()].flatMap(({ zone, current, failure }) => {
        if (failure === undefined) return [];
        const how = current === undefined ? 'not there' : 'as it was';
        return `${name}: ${zone} is ${how}: ${failure}`;
      }),
  };
}

export function servedZones({ zones, fallthrough }: FileZones): Zones {
  return {
    zoneOf: (name, type) => {
      const all = zones();
      const origin = originOf(all, name, type);
      return origin === undefined ? undefined : (all.get(origin)?.current ?? 'unknown');
    },
    fallsThrough: (name) => fallthrough.some((zone) => isWithin(name, zone)),
  };
}

/** Whether a name of these zones has records of any type, or what stands for them. */
export function isThere(served: Zones, name: string): boolean {
  return answerFrom(served, { name, type: 'A', dnssecOk: false })?.isMissing === false;
}

/** DS is on the upper side of a cut (RFC 4035 § 3.1.4.1), where that is here too. */
function originOf(zones: Origins, name: string, type: string): string | undefined {
  const origin = zoneAbove(zones, name);
  if (type !== 'DS' || origin !== name) return origin;
  return zoneAbove(zones, parentName(name) ?? '.') ?? origin;
}

/** By origin, lower-case and absolute. */
export type Origins = ReadonlyMap<string, unknown>;

/** The longest zone that a name is within. There may be many zones: names have few labels. */
export function zoneAbove(zones: Origins, name: string): string | undefined {
  for (let at: string | undefined = name; at !== undefined; at = parentName(at)) {
    if (zones.has(at)) return at;
  }
  return undefined;
}

function questionOf({ question: { name, type }, message }: Query) {
  return { name, type, dnssecOk: message.edns?.dnssecOk === true };
}

async function answer(query: Query, next: Next, served: Zones): Promise<Response> {
  const found = answerFrom(served, questionOf(query));
  if (found === undefined) return next(query);
  if (TRANSFERS.has(query.question.type)) return emptyResponse(RCODE.REFUSED);
  if (served.zoneOf(query.name, query.question.type) === 'unknown') {
    // It must not be denied: it may be there.
    return { ...emptyResponse(RCODE.SERVFAIL), options: [NOT_READY] };
  }
  if (found.isMissing && served.fallsThrough(query.name)) return next(query);
  if (found.outside === undefined) return { ...emptyResponse(found.rcode), ...sectionsOf(found) };
  return withTarget(query, next, found, found.outside);
}

function sectionsOf({ authoritative, answer, authority, additional }: ZoneAnswer) {
  return { authoritative, answer, authority, additional };
}

/**
 * What the server says of the name that an alias leads to; what is true of the last name is said of
 * the first (RFC 6604 § 3). One that nobody here serves is left to the client.
 */
async function withTarget(
  query: Query,
  next: Next,
  found: ZoneAnswer,
  target: string,
): Promise<Response> {
  const question = { ...query.question, name: target };
  const asked = { ...query, name: lowerName(target), question };
  const reply = await (query.askServer ?? next)(asked);
  const answer = [...found.answer, ...reply.answer];
  const isFailure = reply.rcode === RCODE.SERVFAIL;
  if (isFailure) return { ...authoritative(reply.rcode), answer, options: reply.options };
  const isKnown = reply.rcode === RCODE.NOERROR || reply.rcode === RCODE.NXDOMAIN;
  const isDenied = isKnown && reply.answer.length === 0;
  const response = authoritative(isKnown ? reply.rcode : RCODE.NOERROR);
  const authority = isDenied
    ? [...reply.authority, ...found.authority.filter(isProof)]
    : found.authority;
  return { ...response, answer, authority, additional: reply.additional };
}

function isProof({ type, rdata }: RR): boolean {
  return type === 'NSEC' || (type === 'RRSIG' && rdata.startsWith('NSEC '));
}

function authoritative(rcode: number): Response {
  return { ...emptyResponse(rcode), authoritative: true };
}

/** Extended DNS error 14: authoritative data is not there yet (RFC 8914 § 4.15). */
const NOT_READY = { code: OPTION_EDE, data: Uint8Array.of(0, EDE.NOT_READY) };
