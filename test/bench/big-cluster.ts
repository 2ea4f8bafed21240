/**
 * A real API server with as many services as wanted. Over REST that takes hours, so the objects are
 * put straight into etcd, of which the API server hears as of other writes.
 *
 *   bigService(seed, 0 … n-1) ─► objects ─► etcd's HTTP gateway, 128 a transaction
 *                                             └─► kube-apiserver: lists, watches
 *
 *   const cluster = await startBigCluster({ services: 10_000, seed: 1 });
 *   cluster.service(7).domain          'web-7.team-0.svc.cluster.local.'
 *   cluster.api.kubeconfig             to watch it with
 *   await cluster.stop();
 */
import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { type ApiServer, startApiServer } from '../cluster/apiserver.ts';
import { collectionPath } from '../cluster/collections.ts';
import { namespaceObject, objectsOf, type StoredObject } from './big-objects.ts';
import { BIG_SERVICES_MAX, type BigService, bigNamespace, bigService } from './big-world.ts';

export interface BigCluster {
  readonly api: ApiServer;
  /** Services number 0 to this are there. */
  readonly services: number;
  service(number: number): BigService;
  stop(): Promise<void>;
}

export interface BigClusterOptions {
  readonly services: number;
  readonly seed: number;
}

/** etcd takes no more operations in a transaction (the default of --max-txn-ops). */
const PUTS_PER_REQUEST = 128;
/** Requests under way: etcd and we keep a core each busy. */
const REQUESTS_AT_ONCE = 4;
const KEY_PREFIX = '/registry/';
/** Between two looks whether the API server has heard of all. */
const LOOK_MS = 50;
const HEARD_WITHIN_MS = 300_000;
export async function startBigCluster({ services, seed }: BigClusterOptions): Promise<BigCluster> {
  if (services < 1 || services > BIG_SERVICES_MAX) {
    const expected = `expected 1 to ${BIG_SERVICES_MAX}`;
    throw new Error(`Cannot start a cluster of "${services}" services: ${expected}`);
  }
  const api = await startApiServer((etcdUrl) => fill(etcdUrl, objectsOfAll(seed, services)));
  await heard(api, bigService(seed, services - 1));
  return {
    api,
    services,
    service: (number) => bigService(seed, number),
    stop: () => api.stop(),
  };
}

/** The reservations of all cluster IPs first: the API server repairs what lacks its own. */
function* objectsOfAll(seed: number, services: number): Generator<StoredObject> {
  for (let number = 0; number < services; number++) {
    const namespace = bigNamespace(number);
    if (number === 0 || namespace !== bigNamespace(number - 1)) yield namespaceObject(namespace);
    yield* objectsOf(bigService(seed, number)).filter(isReservation);
  }
  for (let number = 0; number < services; number++) {
    yield* objectsOf(bigService(seed, number)).filter((one) => !isReservation(one));
  }
}

function isReservation({ key }: StoredObject): boolean {
  return key.startsWith('ipaddresses/');
}

/** Several at once take from the same source. */
async function fill(etcdUrl: string, objects: Generator<StoredObject>): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: REQUESTS_AT_ONCE });
  const put = async () => {
    for (let puts = take(objects); puts.length > 0; puts = take(objects)) {
      await commit(`${etcdUrl}/v3/kv/txn`, agent, JSON.stringify({ success: puts }));
    }
  };
  try {
    await Promise.all(Array.from({ length: REQUESTS_AT_ONCE }, put));
  } finally {
    agent.destroy();
  }
}

function take(objects: Generator<StoredObject>): readonly unknown[] {
  const puts: unknown[] = [];
  while (puts.length < PUTS_PER_REQUEST) {
    const next = objects.next();
    if (next.done === true) break;
    const { key, object } = next.value;
    const value = JSON.stringify(object);
    puts.push({ requestPut: { key: base64(KEY_PREFIX + key), value: base64(value) } });
  }
  return puts;
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

function commit(url: string, agent: Agent, body: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const length = { 'content-length': Buffer.byteLength(body) };
    const asked = request(url, { method: 'POST', agent, headers: length }, (response) => {
      let said = '';
      response.setEncoding('utf8').on('data', (piece: string) => {
        said += piece;
      });
      response.once('error', reject);
      response.once('end', () => {
        if (response.statusCode === 200) resolve();
        else reject(new Error(`Cannot write to etcd: ${response.statusCode} ${said}`));
      });
    });
    asked.once('error', reject);
    asked.end(body);
  });
}

/** The caches of the API server, which serve lists and watches, have the last objects. */
async function heard(api: ApiServer, last: BigService): Promise<void> {
  const patience = AbortSignal.timeout(HEARD_WITHIN_MS);
  for (const { key } of objectsOf(last).filter((one) => !isReservation(one))) {
    const name = key.slice(key.lastIndexOf('/') + 1);
    const collection = key.startsWith('services/') ? 'Service' : 'EndpointSlice';
    const path = `${collectionPath(collection, last.namespace)}/${name}?resourceVersion=0`;
    while ((await api.request('GET', path)).status !== 200) {
      if (patience.aborted) {
        const is = `it has not "${path}" after ${HEARD_WITHIN_MS} ms`;
        throw new Error(`Cannot fill the API server: ${is}; expected it to hear of etcd's writes`);
      }
      await delay(LOOK_MS);
    }
  }
}
