/**
 * Answers from zones with authority.
 *
 *   query ─► the longest zone that has the name ─┬─ it is there, or is denied ─► answer
 *                                                ├─ missing, and falls through ─► next plugin
 *                                                └─ an alias leads elsewhere ───► asks the server
 */
import { EDE, RCODE } from '../../../../libs/dns/iana.ts';
import { OPTION_EDE } from '../../../../libs/dns/message.ts';
import { isWithin, longestZone, lowerName, parentName } from '../../../../libs/dns/name.ts';
import type { RR } from '../../../../libs/dns/rrset.ts';
import { answerFrom, type ZoneAnswer, type Zones } from '../../../../libs/zone/zone-answer.ts';
import type { Next, Plugin, Query, Response } from '../../plugin.ts';
import { emptyResponse } from '../../plugin.ts';
import { FileNames } from './file-names.ts';
import type { FileZone } from './file-zone.ts';
import type { Upkeep } from './upkeep.ts';

export interface FileOptions {
  /** Each of another origin. */
  readonly zones: readonly FileZone[];
  /** Zones whose missing names are the next plugin's. */
  readonly fallthrough: readonly string[];
}

const TRANSFERS = new Set(['AXFR', 'IXFR']);

export function createFile({ zones, fallthrough }: FileOptions, upkeep: Upkeep): Plugin {
  const byOrigin = new Map(zones.map((zone) => [zone.zone, zone]));
  const origins = [...byOrigin.keys()];
  const falls = (name: string) => fallthrough.some((zone) => isWithin(name, zone));
  const zoneNow = (origin: string) => byOrigin.get(origin)?.current ?? 'unknown';
  const served: Zones = {
    zoneOf: (name, type) => {
      const origin = originOf(origins, name, type);
      return origin === undefined ? undefined : zoneNow(origin);
    },
    fallsThrough: falls,
  };
  const isThere = (name: string) =>
    answerFrom(served, { name, type: 'A', dnssecOk: false })?.isMissing === false;
  // Some names of a zone may fall through where not all do.
  const isShared = ({ zone }: FileZone) =>
    fallthrough.some((name) => isWithin(name, zone) || isWithin(zone, name));
  const shared = zones.filter(isShared);
  const names = new FileNames({
    zones: () => shared.flatMap(({ current }) => current ?? []),
    // While nothing is known of a zone nobody is asked about its names, so nothing is cached.
    has: (name) => falls(name) && served.zoneOf(name, 'A') !== 'unknown' && isThere(name),
  });
  const ends = shared.map((zone) => zone.onReplaced((...change) => names.replaced(...change)));
  return {
    name: 'file',
    ...(shared.length === 0 ? {} : { chainNames: names }),
    owns: (name) => {
      if (longestZone(name, origins) === undefined) return false;
      return !falls(name) || isThere(name);
    },
    handle: (query, next) => answer(query, next, served),
    metadata: function* (query) {
      if (longestZone(query.name, origins) === undefined) return;
      yield ['zone/wildcard', () => answerFrom(served, questionOf(query))?.wildcard ?? ''];
    },
    zoneSource: (zone) => byOrigin.get(zone),
    sourceZones: () => origins,
    notes: () =>
      zones.flatMap(({ zone, current, failure }) => {
        if (failure === undefined) return [];
        return `file: ${zone} is ${current === undefined ? 'not there' : 'as it was'}: ${failure}`;
      }),
    async start() {
      upkeep.start();
    },
    async stop() {
      upkeep.stop();
      for (const end of ends) end();
    },
  };
}

/** DS is on the upper side of a cut (RFC 4035 § 3.1.4.1), where that is here too. */
function originOf(origins: readonly string[], name: string, type: string): string | undefined {
  const origin = longestZone(name, origins);
  if (type !== 'DS' || origin !== name) return origin;
  return longestZone(parentName(name) ?? '.', origins) ?? origin;
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
