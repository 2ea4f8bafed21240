/**
 * The laws of a ClusterSource, run on every adapter: manifest files, a real API server, a scripted
 * one. A driver makes the cluster; what it is told to put, the source must tell.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  DEFAULT_KINDS,
  OBJECT_KINDS,
  type ObjectKind,
  type ObjectRef,
  refKey,
} from '../event/object.ts';
import { Observed } from './observed.ts';
import { projectAs } from './project.ts';
import type { ClusterSource } from './source.ts';

export interface ClusterDriver {
  /** Makes or replaces the object, and its namespace before it. */
  put(raw: RawManifest): Promise<void>;
  delete(ref: ObjectRef): Promise<void>;
  /** Of all kinds, without `kinds`. */
  source(kinds?: readonly ObjectKind[]): ClusterSource;
  close(): Promise<void>;
  /** Where ServiceExport and ServiceImport may be absent, as they are at first. */
  readonly multicluster?: { install(): Promise<void>; remove(): Promise<void> };
}

/** A Kubernetes object as people write it. */
export interface RawManifest {
  readonly apiVersion: string;
  readonly kind: ObjectKind;
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

/** `missing` says for want of which server the laws can't be tried here. */
export function clusterSourceContract(
  adapter: string,
  openDriver: () => Promise<ClusterDriver>,
  missing?: string,
): void {
  describe(`a ClusterSource over ${adapter}`, () => {
    let driver: ClusterDriver | undefined;
    before(async () => {
      if (missing === undefined) driver = await openDriver();
    });
    after(() => driver?.close());
    const law = (name: string, holds: (trial: Trial) => Promise<void>) =>
      it(name, async (t) => {
        if (driver === undefined) {
          if (process.env.ISTHMUS_REQUIRE_SERVERS === '1') throw new Error(missing);
          t.skip(missing);
          return;
        }
        const trial = new Trial(driver);
        try {
          await holds(trial);
        } finally {
          await trial.end();
        }
      });
    listingLaws(law);
    changeLaws(law);
    lifeLaws(law);
    absenceLaws(law);
    podLaws(law);
  });
}

type Law = (name: string, holds: (trial: Trial) => Promise<void>) => void;

/** One law tried: a namespace of its own, and observers that end with it. */
class Trial {
  static #count = 0;
  readonly driver: ClusterDriver;
  readonly namespace = `law-${++Trial.#count}`;
  readonly #observers: Observed[] = [];

  constructor(driver: ClusterDriver) {
    this.driver = driver;
  }

  observe(kinds?: readonly ObjectKind[]): Observed {
    const observed = new Observed(this.driver.source(kinds));
    this.#observers.push(observed);
    return observed;
  }

  async observeAll(kinds?: readonly ObjectKind[]): Promise<Observed> {
    const observed = this.observe(kinds);
    await observed.until('every kind is listed or known to be unserved', isComplete);
    return observed;
  }

  ref(kind: ObjectKind, name: string): ObjectRef {
    return { kind, namespace: this.namespace, name };
  }

  /** A headless Service whose one port tells its versions apart. */
  service(name: string, port: number, annotations: Readonly<Record<string, string>> = {}) {
    const metadata = { name, namespace: this.namespace, annotations };
    const spec = { clusterIP: 'None', ports: [{ name: 'p', protocol: 'TCP', port }] };
    return { apiVersion: 'v1', kind: 'Service', metadata, spec } satisfies RawManifest;
  }

  slice(name: string, addresses: readonly string[]) {
    const labels = { 'kubernetes.io/service-name': 'web' };
    return {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name, namespace: this.namespace, labels },
      addressType: 'IPv4',
      endpoints: addresses.map((address) => ({ addresses: [address] })),
      ports: [{ name: 'p', protocol: 'TCP', port: 80 }],
    } satisfies RawManifest;
  }

  pod(name: string, phase: string, ip: string) {
    return {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: this.namespace, labels: { app: name } },
      spec: { nodeName: 'n1', containers: [{ name: 'main', image: 'example.com/none' }] },
      status: { phase, podIP: ip, podIPs: [{ ip }, { ip: 'fd00::7' }] },
    } satisfies RawManifest;
  }

  async end(): Promise<void> {
    for (const observed of this.#observers) await observed.stop();
  }
}

function isComplete({ listed, unserved, unwatched }: Observed): boolean {
  return OBJECT_KINDS.every((kind) => [listed, unserved, unwatched].some((some) => some.has(kind)));
}

function portOf(observed: Observed, ref: ObjectRef): number | undefined {
  const object = observed.get(ref);
  return object?.kind === 'Service' ? object.ports[0]?.port : undefined;
}

/** The object that a source must make of this manifest. */
function factOf(raw: RawManifest) {
  const projection = projectAs(raw.kind, raw);
  assert.equal(projection.kind, 'object');
  return projection.kind === 'object' ? projection.object : undefined;
}

function listingLaws(law: Law): void {
  law('lists each kind whole, between listing and listed', async (trial) => {
    const web = trial.service('web', 80);
    const slice = trial.slice('web-1', ['10.0.0.1', '10.0.0.2']);
    await trial.driver.put(web);
    await trial.driver.put(slice);
    const observed = await trial.observeAll();
    for (const raw of [web, slice]) {
      assert.deepEqual(observed.get(trial.ref(raw.kind, raw.metadata.name)), factOf(raw));
    }
    const namespace = { kind: 'Namespace', namespace: '', name: trial.namespace } as const;
    assert.equal(observed.get(namespace)?.kind, 'Namespace');
    for (const kind of observed.listed) {
      const said = observed.all.filter(
        (one) => ('of' in one && one.of === kind) || ('object' in one && one.object.kind === kind),
      );
      assert.equal(said[0]?.kind, 'listing', `${kind} begins with 'listing'`);
      const end = said.findIndex((one) => one.kind === 'listed');
      assert.ok(said.slice(1, end).every((one) => one.kind === 'found'));
    }
  });

  law('tells two observers the same', async (trial) => {
    await trial.driver.put(trial.service('web', 80));
    const [one, other] = [await trial.observeAll(), await trial.observeAll()];
    await trial.driver.put(trial.service('web', 81));
    const web = trial.ref('Service', 'web');
    await one.until('the first sees the change', (o) => portOf(o, web) === 81);
    await other.until('the second sees the change', (o) => portOf(o, web) === 81);
    assert.deepEqual(one.get(web), other.get(web));
  });
}

function changeLaws(law: Law): void {
  law('tells what appears, changes and goes', async (trial) => {
    const observed = await trial.observeAll();
    const slice = trial.ref('EndpointSlice', 'web-1');
    await trial.driver.put(trial.slice('web-1', ['10.0.0.1']));
    await observed.until('it appears', (o) => o.get(slice) !== undefined);
    const changed = trial.slice('web-1', ['10.0.0.1', '10.0.0.2']);
    await trial.driver.put(changed);
    const fact = JSON.stringify(factOf(changed));
    await observed.until('it changes', (o) => JSON.stringify(o.get(slice)) === fact);
    await trial.driver.delete(slice);
    await observed.until('it goes', (o) => o.get(slice) === undefined);
    const gone = observed.all.filter((one) => one.kind === 'gone');
    assert.deepEqual(
      gone.filter(({ ref }) => refKey(ref) === refKey(slice)).map(({ ref }) => ref),
      [slice],
    );
  });

  law('tells the states of an object in their order, the last one last', async (trial) => {
    const observed = await trial.observeAll();
    const web = trial.ref('Service', 'web');
    for (let port = 1; port <= 20; port++) await trial.driver.put(trial.service('web', port));
    await observed.until('the last state is told', (o) => portOf(o, web) === 20);
    const ports = observed.all.flatMap((one) =>
      one.kind === 'found' && one.object.kind === 'Service' && refKey(one.object) === refKey(web)
        ? (one.object.ports[0]?.port ?? 0)
        : [],
    );
    assert.deepEqual(
      ports,
      ports.toSorted((a, b) => a - b),
    );
  });

  law('says of nothing that it is gone which is there, or was never told', async (trial) => {
    const observed = await trial.observeAll();
    for (let i = 0; i < 5; i++) await trial.driver.put(trial.service(`s-${i}`, 80));
    await observed.until('all are there', (o) => o.get(trial.ref('Service', 's-4')) !== undefined);
    await trial.driver.put(trial.service('s-1', 81));
    await trial.driver.delete(trial.ref('Service', 's-3'));
    await observed.until('one is gone', (o) => o.get(trial.ref('Service', 's-3')) === undefined);
    await trial.driver.put(trial.service('s-2', 82));
    const s2 = trial.ref('Service', 's-2');
    await observed.until('the last change is seen', (o) => portOf(o, s2) === 82);
    const gone = observed.all.flatMap((one) =>
      one.kind === 'gone' && one.ref.namespace === trial.namespace ? one.ref.name : [],
    );
    assert.deepEqual(gone, ['s-3']);
  });

  law('makes the same fact of an object that changed in nothing DNS needs', async (trial) => {
    await trial.driver.put(trial.service('web', 80));
    const observed = await trial.observeAll();
    await trial.driver.put(trial.service('web', 80, { 'example.com/note': 'not for us' }));
    await trial.driver.put(trial.service('later', 80));
    const later = trial.ref('Service', 'later');
    await observed.until('a later change is seen', (o) => o.get(later) !== undefined);
    const facts = observed.all.flatMap((one) =>
      one.kind === 'found' && one.object.name === 'web' && one.object.namespace === trial.namespace
        ? JSON.stringify(one.object)
        : [],
    );
    assert.equal(new Set(facts).size, 1);
  });
}

function lifeLaws(law: Law): void {
  law('begins anew with each observer: what went meanwhile is not told', async (trial) => {
    await trial.driver.put(trial.service('stays', 80));
    await trial.driver.put(trial.service('goes', 80));
    const first = await trial.observeAll();
    await first.stop();
    await trial.driver.delete(trial.ref('Service', 'goes'));
    await trial.driver.put(trial.service('comes', 80));
    const second = await trial.observeAll();
    const names = ['stays', 'goes', 'comes'].filter((name) =>
      second.get(trial.ref('Service', name)),
    );
    assert.deepEqual(names, ['stays', 'comes']);
  });

  law('ends when the signal aborts, without an error, and says nothing more', async (trial) => {
    const observed = await trial.observeAll();
    await observed.stop();
    const before = observed.all.length;
    await trial.driver.put(trial.service('late', 80));
    const other = await trial.observeAll();
    assert.ok(other.get(trial.ref('Service', 'late')));
    assert.equal(observed.all.length, before);
  });

  law('says nothing when the signal has aborted before', async (trial) => {
    const said: unknown[] = [];
    for await (const one of trial.driver.source().observe(AbortSignal.abort())) said.push(one);
    assert.deepEqual(said, []);
  });

  law('ends when its consumer goes away', async (trial) => {
    const signal = new AbortController().signal;
    for await (const one of trial.driver.source().observe(signal)) {
      assert.ok(one);
      break;
    }
  });
}

function absenceLaws(law: Law): void {
  law('says that the cluster replies, to who observes it', async (trial) => {
    const source = trial.driver.source();
    const ended = new AbortController();
    for await (const observation of source.observe(ended.signal)) {
      if (observation.kind !== 'listed') continue;
      assert.equal(await source.replies(ended.signal), true);
      ended.abort();
    }
  });

  law('knows a kind that the cluster lacks from one that is empty', async (trial) => {
    const { multicluster } = trial.driver;
    const observed = await trial.observeAll();
    if (multicluster === undefined) {
      assert.deepEqual([...observed.unserved], []);
      return;
    }
    assert.deepEqual([...observed.unserved].sort(), ['ServiceExport', 'ServiceImport']);
    await multicluster.install();
    await observed.until('they are listed', (o) => o.unserved.size === 0);
    const web = trial.ref('ServiceExport', 'web');
    await trial.driver.put({
      apiVersion: 'multicluster.x-k8s.io/v1alpha1',
      kind: 'ServiceExport',
      metadata: { name: 'web', namespace: trial.namespace },
    });
    await observed.until('the export is seen', (o) => o.get(web) !== undefined);
    await multicluster.remove();
    await observed.until('they are unserved again', (o) => o.unserved.size === 2);
    assert.equal(observed.get(web), undefined);
    assert.ok(observed.listed.has('Service'));
  });
}

function podLaws(law: Law): void {
  law('tells of a pod until it is done, and of one that is done nothing', async (trial) => {
    const running = trial.pod('web', 'Running', '10.1.0.5');
    await trial.driver.put(running);
    await trial.driver.put(trial.pod('job', 'Succeeded', '10.1.0.6'));
    const observed = await trial.observeAll();
    const web = trial.ref('Pod', 'web');
    assert.deepEqual(observed.get(web), factOf(running));
    await trial.driver.put(trial.pod('web', 'Failed', '10.1.0.5'));
    await observed.until('it is done', (o) => o.get(web) === undefined);
    const names = observed.all.flatMap((one) =>
      one.kind === 'found' && one.object.kind === 'Pod' && one.object.namespace === trial.namespace
        ? one.object.name
        : [],
    );
    assert.deepEqual([...new Set(names)], ['web']);
  });

  law('says of a kind that it was not asked for this, first, and nothing else', async (trial) => {
    await trial.driver.put(trial.pod('web', 'Running', '10.1.0.5'));
    await trial.driver.put(trial.service('web', 80));
    const observed = await trial.observeAll(DEFAULT_KINDS);
    assert.ok(observed.get(trial.ref('Service', 'web')));
    assert.deepEqual(observed.all[0], { kind: 'unwatched', of: 'Pod' });
    const ofPods = observed.all.filter(
      (one) => ('of' in one && one.of === 'Pod') || ('object' in one && one.object.kind === 'Pod'),
    );
    assert.deepEqual(ofPods.length, 1);
  });
}
