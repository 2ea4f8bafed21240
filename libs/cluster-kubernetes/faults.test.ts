import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { rawObject } from '../../test/cluster/collections.ts';
import { type ScriptedApi, startScriptedApi } from '../../test/cluster/scripted-api.ts';
import { Observed } from '../cluster/observed.ts';
import type { ClusterSource } from '../cluster/source.ts';
import { type KubernetesOptions, openKubernetesCluster } from './kubernetes-cluster.ts';

const service = (name: string, port: number) =>
  rawObject('Service', 'shop', name, { spec: { clusterIP: 'None', ports: [{ port }] } });
const WEB = { kind: 'Service', namespace: 'shop', name: 'web' } as const;
const portOf = (observed: Observed) => {
  const object = observed.get(WEB);
  return object?.kind === 'Service' ? object.ports[0]?.port : undefined;
};

describe('openKubernetesCluster, whatever the API server does,', () => {
  let api: ScriptedApi;
  let source: ClusterSource;
  let observed: Observed;
  let troubles: string[] = [];
  const observe = (options: Partial<KubernetesOptions> = {}) => {
    source = openKubernetesCluster({
      access: { kind: 'kubeconfig', file: api.kubeconfig },
      onTrouble: (text) => troubles.push(text),
      ...options,
    });
    observed = new Observed(source);
    return observed;
  };
  const listed = () => observed.until('Services are listed', (o) => o.listed.has('Service'));
  /** A change that only a working watch, or a new list, can tell. */
  const seesChange = async (port: number) => {
    api.put(service('web', port));
    await observed.until(`port ${port} is seen`, (o) => portOf(o) === port);
  };
  /** Waits until the resource was asked to be watched so many times. */
  const watches = (count: number, resource = 'services') =>
    api.untilAsked(() => api.askedOf(resource, 'watch').length >= count);
  /** Those that list all, and are no question for the version. */
  const listsOfServices = () =>
    api.askedOf('services', 'list').filter(({ query }) => query.get('limit') !== '1').length;

  beforeEach(async () => {
    api = await startScriptedApi();
    troubles = [];
    api.put(service('web', 80));
  });
  afterEach(async () => {
    await observed.stop();
    await api.close();
  });

  it('lists in pages of 500 and asks for bookmarks and an end between 240 and 300 s', async () => {
    for (let i = 0; i < 1200; i++) api.put(service(`s-${i}`, 80));
    observe();
    await listed();
    assert.equal(observed.objects.size, 1201);
    const pages = api.askedOf('services', 'list').map(({ query }) => query.toString());
    assert.deepEqual(pages, ['limit=500', 'limit=500&continue=500', 'limit=500&continue=1000']);
    await watches(1);
    const query = api.askedOf('services', 'watch')[0]?.query;
    assert.equal(query?.get('allowWatchBookmarks'), 'true');
    const timeout = Number(query?.get('timeoutSeconds'));
    assert.ok(timeout >= 240 && timeout <= 300, `${timeout}`);
  });

  it('watches on from its last version when the server ends the watch', async () => {
    observe();
    await watches(1);
    await seesChange(81);
    api.endStreams('services');
    await seesChange(82);
    assert.equal(listsOfServices(), 1);
    const versions = api
      .askedOf('services', 'watch')
      .map((one) => one.query.get('resourceVersion'));
    assert.deepEqual(versions, ['101', '102']);
    assert.deepEqual(troubles, []);
  });

  it('watches on when the connection is reset, and says nothing of one cut', async () => {
    observe();
    await watches(1);
    await seesChange(81);
    api.cutStreams('services');
    await seesChange(82);
    assert.equal(listsOfServices(), 1);
    assert.deepEqual(troubles, []);
  });

  it('resumes from a bookmark', async () => {
    observe();
    await watches(1);
    await seesChange(81);
    api.put(rawObject('Namespace', '', 'other')); // moves the version on, not that of Services
    api.sendBookmark('services', 'Service');
    api.endStreams('services');
    const fits = (one: { query: URLSearchParams }) => one.query.get('resourceVersion') === '103';
    await api.untilAsked((one) => one.resource === 'services' && fits(one));
    await seesChange(82);
  });

  it('lists anew when the version is too old: 410 to the watch', async () => {
    observe();
    await watches(1);
    api.put(service('gone', 80));
    await observed.until('it is there', (o) => o.objects.size === 2);
    api.answerNext('services', 'watch', { status: 410 });
    api.forget({ ...WEB, name: 'gone' });
    api.endStreams('services');
    await observed.until('the list without it counts', (o) => o.objects.size === 1);
    assert.equal(listsOfServices(), 2);
    await seesChange(81);
  });

  it('lists anew when the version is too old: 410 as an ERROR in the watch', async () => {
    observe();
    await watches(1);
    await seesChange(81);
    const object = { kind: 'Status', code: 410, reason: 'Expired' };
    api.sendLine('services', JSON.stringify({ type: 'ERROR', object }));
    await seesChange(82);
    assert.equal(listsOfServices(), 2);
    assert.deepEqual(troubles, []);
  });

  it('lists anew when a server that was away has gone back to older data', async () => {
    api.put(service('lost', 80));
    observe();
    await watches(1);
    await seesChange(81);
    await api.stop();
    await observed.until('the outage is told', () => troubles.length > 0);
    api.goBack({ ...WEB, name: 'lost' });
    await api.start();
    await observed.until('the list without it counts', (o) => o.objects.size === 1);
    await seesChange(82);
  });

  it('lists anew when a bookmark is of an older version', async () => {
    observe();
    await watches(1);
    await seesChange(81);
    api.goBack(WEB);
    api.sendBookmark('services', 'Service');
    await observed.until('the list without it counts', (o) => o.objects.size === 0);
  });

  it('does not list all anew when a server that was away has all that it had', async () => {
    observe();
    await watches(1);
    await seesChange(81);
    await api.stop();
    await observed.until('the outage is told', () => troubles.length > 0);
    await api.start();
    await seesChange(82);
    assert.equal(listsOfServices(), 1);
  });

  it('begins the list again when its continue token is too old', async () => {
    for (let i = 0; i < 600; i++) api.put(service(`s-${i}`, 80));
    api.answerNext('services', 'list', { status: 200, body: pageOf('stale') });
    api.answerNext('services', 'list', { status: 410 });
    observe();
    await listed();
    assert.equal(observed.objects.size, 601);
    assert.equal(observed.get({ ...WEB, name: 'stale' }), undefined);
  });

  it('lists anew, and says so, when a line is garbled or another ERROR comes', async () => {
    observe();
    await watches(1);
    await seesChange(81);
    api.sendLine('services', '{"type":"ADDED","object":{"metadata"');
    await seesChange(82);
    await watches(2);
    const object = { kind: 'Status', code: 500, message: 'etcd is unwell' };
    api.sendLine('services', JSON.stringify({ type: 'ERROR', object }));
    await seesChange(83);
    assert.equal(listsOfServices(), 3);
    assert.deepEqual(troubles, [
      'Cannot watch services: a line begins "{"type":"ADDED","object":{"metadata""; expected notifications, so it is listed anew',
      'Cannot watch services: an ERROR, "etcd is unwell"; expected notifications, so it is listed anew',
    ]);
  });

  it('waits as long as Retry-After says', async () => {
    api.answerNext('services', 'list', { status: 429, headers: { 'retry-after': '1' } });
    observe();
    await listed();
    const [first, second] = api.askedOf('services', 'list');
    assert.ok(first && second && second.at - first.at >= 1000);
    assert.deepEqual(troubles, [
      'Cannot list services: the API server says 429, "as the test says"; expected an answer',
    ]);
  });

  it('does not wait as long as a Retry-After of a minute says', async () => {
    api.answerNext('services', 'list', { status: 503, headers: { 'retry-after': '60' } });
    observe();
    await listed(); // within the patience of a test, which is less
  });

  it('goes on with the other kinds when one is forbidden, and says which verbs it lacks', async () => {
    api.answerAlways('endpointslices', 'list', { status: 403 });
    observe();
    await listed();
    await observed.until('the trouble is told', (o) => o.troubles().length > 0);
    const why =
      'Cannot list endpointslices.discovery.k8s.io: forbidden; expected the RBAC verbs list and watch';
    assert.deepEqual(observed.troubles(), [why]);
    assert.deepEqual(troubles, [why]);
    await seesChange(81);
    api.answerRight();
    await observed.until('they are listed when allowed', (o) => o.listed.has('EndpointSlice'));
  });

  it('keeps what it knows when the credentials are refused', async () => {
    observe();
    await watches(1);
    api.answerAlways('services', 'watch', { status: 401 });
    api.cutStreams('services');
    await observed.until('the trouble is told', () => troubles.length > 0);
    assert.deepEqual(troubles, [
      'Cannot watch services: the API server does not accept our credentials; expected a valid token or certificate',
    ]);
    assert.equal(portOf(observed), 80);
    api.answerRight();
    await seesChange(81);
  });

  it('believes no 404 page of something between', async () => {
    const ref = { kind: 'ServiceExport', namespace: 'shop', name: 'web' } as const;
    api.put(rawObject('ServiceExport', 'shop', 'web'));
    observe();
    await watches(1, 'serviceexports');
    assert.ok(observed.get(ref));
    const body = '<html>Not Found</html>';
    for (const verb of ['list', 'watch'] as const) {
      api.answerAlways('serviceexports', verb, { status: 404, body });
    }
    api.cutStreams('serviceexports');
    await observed.until('the trouble is told', () => troubles.length > 0);
    assert.match(
      troubles[0] ?? '',
      /^Cannot list serviceexports\.multicluster\.x-k8s\.io: something between/,
    );
    assert.ok(observed.get(ref));
    assert.deepEqual([...observed.unserved], []);
  });

  it('leaves a connection that has died without a word', async () => {
    observe({ inactivityMs: 300 });
    await watches(1);
    api.hang(true);
    // The watch was given up, though its connection is whole.
    await api.untilAsked(({ query }) => query.get('limit') === '1');
    api.hang(false);
    api.put(service('web', 81));
    await observed.until('the change is seen', (o) => portOf(o) === 81);
  });

  it('sees what happened in an outage, and tells of it once', async () => {
    observe();
    await watches(1);
    await observed.until('all kinds are listed', (o) => o.listed.size === 6);
    await api.stop();
    await observed.until('the outage is told', () => troubles.length > 0);
    api.put(service('web', 81));
    await api.start();
    await observed.until('the change is seen', (o) => portOf(o) === 81);
    assert.equal(troubles.length, 1);
    assert.match(
      troubles[0] ?? '',
      /^Cannot reach the API server "http:.*": connect ECONNREFUSED .*; expected an answer$/,
    );
    assert.deepEqual(
      observed.all.filter((one) => one.kind === 'gone'),
      [],
    );
  });

  it('waits for an API server that is not there at first', async () => {
    await api.stop();
    observe();
    await observed.until('the trouble is told', () => troubles.length > 0);
    assert.deepEqual([...observed.listed], []);
    await api.start();
    await listed();
  });

  it('says whether it replies: not while it hangs, refuses, or is away', async () => {
    observe();
    await listed();
    const { signal } = new AbortController();
    assert.equal(await source.replies(signal), true);
    api.answerAlways('namespaces', 'list', { status: 403 });
    assert.equal(await source.replies(signal), false);
    api.answerRight();
    await api.stop();
    assert.equal(await source.replies(signal), false);
    await api.start();
    assert.equal(await source.replies(signal), true);
    api.hang(true);
    assert.equal(await source.replies(signal), false);
    api.hang(false);
  });

  it('says so of an object that it can not use, and takes the others', async () => {
    api.put(rawObject('Service', 'shop', 'odd', { spec: { clusterIPs: ['10.0.0.300'] } }));
    observe();
    await listed();
    assert.equal(portOf(observed), 80);
    assert.deepEqual(troubles, [
      'Cannot use the Service "shop/odd": spec.clusterIPs[0] is "10.0.0.300"; expected an IPv4 or IPv6 address',
    ]);
  });
});

/** The first page of a list that has more. */
function pageOf(name: string): string {
  const { metadata, spec } = { ...service(name, 80), spec: {} };
  const version = { ...metadata, resourceVersion: '7' };
  return JSON.stringify({
    metadata: { resourceVersion: '90', continue: 'old' },
    items: [{ metadata: version, spec }],
  });
}
