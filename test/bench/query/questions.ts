/**
 * What is asked. Every question knows how its answer must begin, so that no server wins by failing.
 *
 *   hits     50,000 existing names, each once
 *   mixed    what pods ask: 60 % A, 15 % AAAA of names that have none, 15 % names that the search
 *            path makes and nobody has, 5 % SRV, 5 % PTR
 *   cached   names outside of the cluster, answered from the cache; to fill it they are asked once
 *
 *   questions ─► a file of packets ─► load.c
 */

import { reverseName } from '../../../libs/dns/address.ts';
import { encode } from '../../../libs/dns/encode.ts';
import { RCODE } from '../../../libs/dns/iana.ts';
import { queryMessage } from '../../../libs/dns/message.ts';
import { addressesOf, type BigService, randomOf } from '../big-world.ts';
import { EXTERNAL_HOSTS } from './external-hosts.ts';

export const MIXES = ['hits', 'mixed', 'cached'] as const;
export type Mix = (typeof MIXES)[number];

export interface Question {
  readonly name: string;
  readonly type: 'A' | 'AAAA' | 'SRV' | 'PTR';
  readonly rcode: number;
  /** Records in ANSWER. */
  readonly answers: number;
}

export const QUESTIONS = 50_000;
/** Of 100 questions of the mix; the others are A. */
const MIXED = { AAAA: 15, missing: 15, SRV: 5, PTR: 5 } as const;
/** What pods ask for, with fewer dots than `ndots:5`: tried below each entry of the search path. */
const OUTSIDE_NAMES = 500;

export function questionsOf(mix: Mix, services: readonly BigService[]): readonly Question[] {
  if (mix === 'cached') return EXTERNAL_HOSTS.map((host) => hit(host.name, 'A', host.addresses));
  const random = randomOf(1, 0);
  const existing = shuffled(services.flatMap(addressQuestions), random);
  if (existing.length < QUESTIONS) {
    const is = `${services.length} services have ${existing.length}`;
    throw new Error(`Cannot ask for ${QUESTIONS} names: ${is}; expected more services`);
  }
  const hits = existing.slice(0, QUESTIONS);
  return mix === 'hits' ? hits : shuffled(mixed(hits, services, random), random);
}

/** Its own name, and those of its endpoints if it is headless. */
function addressQuestions(service: BigService): readonly Question[] {
  const addresses = addressesOf(service);
  if (addresses.length === 0) return [];
  const own = hit(service.domain, 'A', addresses);
  if (service.kind !== 'headless') return [own];
  const pods = service.endpoints.map(({ label, address }) =>
    hit(`${label}.${service.domain}`, 'A', [address]),
  );
  return [own, ...pods];
}

function mixed(
  hits: readonly Question[],
  services: readonly BigService[],
  random: () => number,
): readonly Question[] {
  const part = (percent: number) => (QUESTIONS * percent) / 100;
  const one = <T>(of: readonly T[]) => pick(of, random);
  const many = (count: number, make: () => Question) => Array.from({ length: count }, make);
  const withPorts = services.filter(({ ports }) => ports.length > 0);
  const withIP = services.filter(({ clusterIP }) => clusterIP !== undefined);
  const rest = MIXED.AAAA + MIXED.missing + MIXED.SRV + MIXED.PTR;
  return [
    ...hits.slice(0, part(100 - rest)),
    ...many(part(MIXED.AAAA), () => ({ ...one(hits), type: 'AAAA', answers: 0 })),
    ...many(part(MIXED.missing), () => missing(one(services), one(services), random)),
    ...many(part(MIXED.SRV), () => portQuestion(one(withPorts), random)),
    ...many(part(MIXED.PTR), () => hit(reverseName(one(withIP).clusterIP ?? ''), 'PTR', ['name'])),
  ];
}

/** A pod beside `at` asks for a name outside, or for `other` by its name and namespace. */
function missing(at: BigService, other: BigService, random: () => number): Question {
  const outside = `www.host-${Math.floor(random() * OUTSIDE_NAMES)}.example.com`;
  const own = `${at.namespace}.svc.cluster.local.`;
  const name = pick(
    [
      `${outside}.${own}`,
      `${outside}.svc.cluster.local.`,
      `${outside}.cluster.local.`,
      `${other.name}.${other.namespace}.${own}`,
    ],
    random,
  );
  return { name, type: 'A', rcode: RCODE.NXDOMAIN, answers: 0 };
}

function portQuestion(service: BigService, random: () => number): Question {
  const port = pick(service.ports, random);
  return hit(`_${port.name}._tcp.${service.domain}`, 'SRV', addressesOf(service));
}

function hit(name: string, type: Question['type'], records: readonly unknown[]): Question {
  return { name, type, rcode: RCODE.NOERROR, answers: records.length };
}

/** As load.c reads it. */
export function questionFile(questions: readonly Question[]): Uint8Array {
  const parts = questions.map((question) => {
    const packet = queryPacket(question);
    const head = Buffer.alloc(6);
    head.writeUInt16LE(packet.length, 0);
    head.writeUInt16LE(question.answers, 2);
    head.writeUInt8(question.rcode, 4);
    return Buffer.concat([head, packet]);
  });
  return Buffer.concat(parts);
}

/** As the resolver of a pod sends it: RD, without EDNS. */
function queryPacket({ name, type }: Question): Uint8Array {
  return encode(queryMessage(name, type));
}

function pick<T>(of: readonly T[], random: () => number): T {
  const one = of[Math.floor(random() * of.length)];
  if (one === undefined) throw new Error('Cannot pick one of none: expected at least one');
  return one;
}

function shuffled<T>(of: readonly T[], random: () => number): readonly T[] {
  return of
    .map((one) => ({ one, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ one }) => one);
}
