import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { rawObject } from '../../test/cluster/collections.ts';
import { type ScriptedApi, startScriptedApi } from '../../test/cluster/scripted-api.ts';
import { Observed } from '../cluster/observed.ts';
import { DEFAULT_KINDS, OBJECT_KINDS } from '../event/object.ts';
import type { Clock } from './clock.ts';
import { type KubernetesOptions, openKubernetesCluster } from './kubernetes-cluster.ts';
import type { RequestObserver } from './request-observer.ts';

const CORE = ['namespaces', 'nodes', 'services', 'endpointslices'];

/** Time passes only by waiting for it. */
class GivenClock implements Clock {
  waitedMs = 0;
  #nowMs = 0;

  nowMs(): number {
    return this.#nowMs;
  }

  async wait(timeMs: number): Promise<void> {
    this.#nowMs += timeMs;
    this.waitedMs += timeMs;
  }
}

class Counts implements RequestObserver {
  readonly replies: string[] = [];
  readonly waits: number[] = [];
  lists = 0;

  waited(_host: string, seconds: number): void {
    this.waits.push(seconds);
  }

  replied(host: string, code: string): void {
    this.replies.push(`${code} ${host.replace(/:\d+$/, '')}`);
  }

  took(): void {
    this.lists++;
  }
}

describe('requests of openKubernetesCluster', () => {
  let api: ScriptedApi;
  let observed: Observed | undefined;
  const observe = (options: Partial<KubernetesOptions> = {}) => {
    const access = { kind: 'kubeconfig', file: api.kubeconfig } as const;
    observed = new Observed(openKubernetesCluster({ access, onTrouble: () => {}, ...options }));
    return observed;
  };
  /** All kinds that this API server always has are listed, and watched. */
  const settled = async () => {
    await observed?.until('all is listed', (o) => o.listed.size >= CORE.length);
    for (const resource of CORE) {
      await api.untilAsked((asked) => asked.resource === resource && asked.verb === 'watch');
    }
  };

  beforeEach(async () => {
    api = await startScriptedApi();
    for (const plural of ['serviceexports', 'serviceimports']) api.unserve(plural);
  });
  afterEach(async () => {
    await observed?.stop();
    await api.close();
  });

  it('asks for pods only where somebody wants them', async () => {
    observe();
    await settled();
    assert.deepEqual(api.askedOf('pods', 'list'), []);
  });

  it('asks for pods that are not done, listed and watched', async () => {
    observe({ kinds: OBJECT_KINDS });
    const isPods = ({ resource, verb }: { resource: string; verb: string }) =>
      resource === 'pods' && verb === 'watch';
    await api.untilAsked(isPods);
    const asked = [...api.askedOf('pods', 'list'), ...api.askedOf('pods', 'watch')];
    assert.deepEqual(
      asked.map(({ query }) => query.get('fieldSelector')),
      Array(2).fill('status.phase!=Succeeded,status.phase!=Failed,status.phase!=Unknown'),
    );
  });

  it('has one request under way at a time, and watches hold up nothing', async () => {
    observe({ kinds: DEFAULT_KINDS, limits: { qps: 1000, burst: 1000, maxInflight: 1 } });
    await settled();
    const seen = observed ?? assert.fail();
    api.put(rawObject('Service', 'shop', 'web', { spec: { clusterIP: 'None' } }));
    const web = { kind: 'Service', namespace: 'shop', name: 'web' } as const;
    await seen.until('a change is seen', (o) => o.get(web) !== undefined);
  });

  it('sends as many pages as the burst at once, and the others as time goes by', async () => {
    for (let i = 0; i < 2001; i++) api.put(rawObject('Namespace', '', `n-${i}`));
    const clock = new GivenClock();
    const counts = new Counts();
    observe({ kinds: ['Namespace'], limits: { qps: 4, burst: 2 }, clock, observer: counts });
    await observed?.until('all is listed', (o) => o.listed.size === 1);
    // Five pages, of which three wait for a token.
    assert.deepEqual(counts.waits.slice(0, 5), [0, 0, 0.25, 0.25, 0.25]);
  });

  it('tells its observer of each request: its host, its status, and lists of their end', async () => {
    const counts = new Counts();
    api.answerNext('services', 'list', { status: 403 });
    observe({ kinds: ['Service'], observer: counts });
    await observed?.until('Services are listed', (o) => o.listed.has('Service'));
    await api.untilAsked(({ verb }) => verb === 'watch');
    assert.equal(counts.lists, 2);
    await api.stop();
    await observed?.until('the outage is told', (o) =>
      o.troubles().some((one) => /reach/.test(one)),
    );
    assert.deepEqual(counts.replies.slice(0, 2), ['403 127.0.0.1', '200 127.0.0.1']);
    assert.ok(counts.replies.includes('<error> 127.0.0.1'));
    await api.start();
  });
});
