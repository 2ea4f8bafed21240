/**
 * The services of a big cluster, each made from the seed and its number alone: who asks about them
 * needs no list, and what the answer must be is known without asking.
 *
 *   bigService(seed, i) ─► names, addresses, ports ─► objects of Kubernetes (big-objects.ts)
 *
 * Of 100 services about 88 have a cluster IP, 10 are headless with three endpoints, 2 are
 * ExternalNames; a third of the ports come in pairs; a namespace has 100 services.
 */

export interface BigPort {
  readonly name: string;
  readonly port: number;
}

export interface BigEndpoint {
  /** The label below the Service's name: its address, as no hostname is set. */
  readonly label: string;
  readonly address: string;
}

export interface BigService {
  readonly number: number;
  readonly kind: 'cluster-ip' | 'headless' | 'external-name';
  readonly namespace: string;
  readonly name: string;
  /** `api-7.team-0.svc.cluster.local.` */
  readonly domain: string;
  readonly clusterIP: string | undefined;
  readonly externalName: string | undefined;
  readonly ports: readonly BigPort[];
  readonly endpoints: readonly BigEndpoint[];
}

const SERVICES_PER_NAMESPACE = 100;
const HEADLESS_SHARE = 0.1;
const EXTERNAL_SHARE = 0.02;
const PAIR_SHARE = 1 / 3;
const HEADLESS_ENDPOINTS = 3;
/** 10.96.0.0/12 are a million cluster IPs; the first are left to the API server itself. */
const FIRST_CLUSTER_IP = octetsOf(10, 96, 1, 0);
/** 10.128.0.0/9 are eight million pods. */
const FIRST_POD_IP = octetsOf(10, 128, 0, 1);
/** No IP ends up in the next range below this. */
export const BIG_SERVICES_MAX = 1_000_000;

const WORDS = ['api', 'web', 'db', 'auth', 'cache', 'orders', 'billing', 'search', 'mail', 'jobs'];

export function bigService(seed: number, number: number): BigService {
  const random = randomOf(seed, number);
  const namespace = bigNamespace(number);
  const name = `${WORDS[Math.floor(random() * WORDS.length)] ?? ''}-${number}`;
  const domain = `${name}.${namespace}.svc.cluster.local.`;
  const dice = random();
  const kind = dice < EXTERNAL_SHARE ? 'external-name' : kindOf(dice);
  const ports = [{ name: 'http', port: 80 }];
  if (random() < PAIR_SHARE) ports.push({ name: 'metrics', port: 9090 });
  const count = kind === 'headless' ? HEADLESS_ENDPOINTS : 1 + Math.floor(random() * 3);
  const endpoints = Array.from({ length: kind === 'external-name' ? 0 : count }, (_, i) => {
    const address = addressText(FIRST_POD_IP + number * HEADLESS_ENDPOINTS + i);
    return { label: address.replaceAll('.', '-'), address };
  });
  return {
    number,
    kind,
    namespace,
    name,
    domain,
    clusterIP: kind === 'cluster-ip' ? addressText(FIRST_CLUSTER_IP + number) : undefined,
    externalName: kind === 'external-name' ? `${name}.example.org` : undefined,
    ports: kind === 'external-name' ? [] : ports,
    endpoints,
  };
}

/** The namespace of the service of this number. */
export function bigNamespace(number: number): string {
  return `team-${Math.floor(number / SERVICES_PER_NAMESPACE)}`;
}

/** The addresses that the Service's own name has, in no order; none for an ExternalName. */
export function addressesOf({ clusterIP, endpoints }: BigService): readonly string[] {
  return clusterIP === undefined ? endpoints.map(({ address }) => address) : [clusterIP];
}

function kindOf(dice: number): BigService['kind'] {
  return dice < EXTERNAL_SHARE + HEADLESS_SHARE ? 'headless' : 'cluster-ip';
}

function octetsOf(a: number, b: number, c: number, d: number): number {
  return ((a * 256 + b) * 256 + c) * 256 + d;
}

function addressText(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
}

/** Numbers in [0, 1) (mulberry32): the same for the same seed and number, on every machine. */
export function randomOf(seed: number, number: number): () => number {
  let state = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(number + 1, 0x85ebca6b)) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
