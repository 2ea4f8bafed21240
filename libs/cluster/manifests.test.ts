import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { DEFAULT_KINDS, type ObjectRef } from '../event/object.ts';
import { checkManifests, openManifests } from './manifests.ts';
import { Observed } from './observed.ts';

const service = (name: string, ip: string) => `apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: shop }
spec: { clusterIP: ${ip}, ports: [{ port: 80 }] }
`;
const WEB = { kind: 'Service', namespace: 'shop', name: 'web' } as const;
const API = { ...WEB, name: 'api' } as const;
const SHOP = { kind: 'Namespace', namespace: '', name: 'shop' } as const;

describe('openManifests', () => {
  let directory = '';
  let troubles: string[] = [];
  const observers: Observed[] = [];
  const onTrouble = (text: string) => {
    troubles.push(text);
    for (const observed of observers) observed.askAgain();
  };
  const observe = (nowMs = () => performance.now()) => {
    const source = openManifests({ directory, onTrouble, nowMs });
    const observed = new Observed(source);
    observers.push(observed);
    return observed;
  };
  const write = (file: string, text: string) => writeFile(join(directory, file), text);
  const isListed = (observed: Observed) => DEFAULT_KINDS.every((kind) => observed.listed.has(kind));
  const ipOf = (observed: Observed, ref: ObjectRef = WEB) => {
    const object = observed.get(ref);
    return object?.kind === 'Service' ? object.clusterIPs[0] : undefined;
  };

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'isthmus-manifests-'));
    troubles = [];
  });
  afterEach(async () => {
    for (const observed of observers.splice(0)) await observed.stop();
    await rm(directory, { recursive: true });
  });

  it('lists every kind, in order, with all that the files define', async () => {
    await write('web.yaml', service('web', '10.0.0.1'));
    await write(
      'list.json',
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'List',
        items: [
          { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', labels: { a: 'b' } } },
          {
            apiVersion: 'multicluster.x-k8s.io/v1alpha1',
            kind: 'ServiceExport',
            metadata: { name: 'web', namespace: 'shop' },
          },
        ],
      }),
    );
    const observed = observe();
    await observed.until('all is listed', isListed);
    const said = observed.all.flatMap((one) =>
      one.kind === 'found'
        ? `found ${one.object.kind} ${one.object.name}`
        : `${one.kind} ${'of' in one ? one.of : ''}`,
    );
    assert.deepEqual(said, [
      'unwatched Pod',
      'listing Namespace',
      'found Namespace shop',
      'listed Namespace',
      'listing Node',
      'listed Node',
      'listing Service',
      'found Service web',
      'listed Service',
      'listing EndpointSlice',
      'listed EndpointSlice',
      'listing ServiceExport',
      'found ServiceExport web',
      'listed ServiceExport',
      'listing ServiceImport',
      'listed ServiceImport',
    ]);
    assert.deepEqual(observed.get(SHOP), { ...SHOP, labels: { a: 'b' } });
    assert.deepEqual(troubles, []);
  });

  it('infers a namespace that objects mention, for as long as they do', async () => {
    await write('web.yaml', service('web', '10.0.0.1'));
    const observed = observe();
    await observed.until('the namespace is there', (o) => o.get(SHOP) !== undefined);
    await rm(join(directory, 'web.yaml'));
    await observed.until('the namespace is gone', (o) => o.get(SHOP) === undefined);
  });

  it('puts an object without a namespace into default, as kubectl does', async () => {
    await write('web.yaml', 'apiVersion: v1\nkind: Service\nmetadata: { name: web }\n');
    const observed = observe();
    await observed.until(
      'it is there',
      (o) => o.get({ ...WEB, namespace: 'default' }) !== undefined,
    );
  });

  it('tells only what an edit changed', async () => {
    await write('web.yaml', `${service('web', '10.0.0.1')}---\n${service('api', '10.0.0.2')}`);
    const observed = observe();
    await observed.until('all is listed', isListed);
    const before = observed.all.length;
    await write('web.yaml', `${service('web', '10.0.0.9')}---\n${service('api', '10.0.0.2')}`);
    await observed.until('the edit is seen', (o) => ipOf(o) === '10.0.0.9');
    await write('web.yaml', service('web', '10.0.0.9'));
    await observed.until('the removal is seen', (o) => o.get(API) === undefined);
    assert.deepEqual(
      observed.all.slice(before).map((one) => one.kind),
      ['found', 'gone'],
    );
  });

  it('loses nothing while an editor saves by renaming or by truncating', async () => {
    await write('web.yaml', service('web', '10.0.0.1'));
    // Time stands still: however long this machine takes, no save takes longer than bad news must.
    const observed = observe(() => 0);
    await observed.until('all is listed', isListed);
    for (let i = 2; i < 12; i++) {
      await rename(join(directory, 'web.yaml'), join(directory, 'web.yaml~'));
      await write('web.yaml', '');
      await write('web.yaml', service('web', '10.0.0.').slice(0, 60));
      await write('web.yaml', service('web', `10.0.0.${i}`));
      await observed.until(`save ${i} is seen`, (o) => ipOf(o) === `10.0.0.${i}`);
    }
    assert.deepEqual(
      observed.all.filter((one) => one.kind === 'gone'),
      [],
    );
    assert.deepEqual(troubles, []);
  });

  it('moves an object between files without a word', async () => {
    await write('a.yaml', service('web', '10.0.0.1'));
    await write('z.yaml', service('api', '10.0.0.2'));
    const observed = observe();
    await observed.until('all is listed', isListed);
    const before = observed.all.length;
    await rename(join(directory, 'a.yaml'), join(directory, 'b.yaml'));
    await rm(join(directory, 'z.yaml')); // a removal is told after those before it
    await observed.until('the later removal is seen', (o) => o.get(API) === undefined);
    const ofWeb = observed.all.slice(before).filter((one) => JSON.stringify(one).includes('"web"'));
    assert.deepEqual(ofWeb, []);
  });

  it('follows a ConfigMap mount, whose folder is swapped behind a link', async () => {
    for (const version of ['1', '2']) {
      await mkdir(join(directory, `..v${version}`));
      await writeFile(
        join(directory, `..v${version}`, 'web.yaml'),
        service('web', `10.0.0.${version}`),
      );
    }
    await symlink('..v1', join(directory, '..data'));
    await symlink('..data/web.yaml', join(directory, 'web.yaml'));
    const observed = observe();
    await observed.until('the first is seen', (o) => ipOf(o) === '10.0.0.1');
    await symlink('..v2', join(directory, '..new'));
    await rename(join(directory, '..new'), join(directory, '..data'));
    await observed.until('the second is seen', (o) => ipOf(o) === '10.0.0.2');
  });

  it('reports a broken file with its line, and keeps what it last said', async () => {
    await write('web.yaml', service('web', '10.0.0.1'));
    const observed = observe();
    await observed.until('all is listed', isListed);
    await write('web.yaml', 'apiVersion: v1\nkind: [Service\nmetadata: {}\n');
    await observed.until('it is reported', (o) => o.troubles().length > 0);
    assert.match(
      troubles[0] ?? '',
      /web\.yaml:\d: Cannot read the manifest: .*; expected YAML or JSON/,
    );
    assert.equal(ipOf(observed), '10.0.0.1');
    assert.deepEqual(observed.troubles(), troubles);
    await write('web.yaml', service('web', '10.0.0.2'));
    await observed.until('it is healed', (o) => ipOf(o) === '10.0.0.2');
  });

  it('keeps the last good state of one bad object, and takes the others of its file', async () => {
    await write('web.yaml', `${service('web', '10.0.0.1')}---\n${service('api', '10.0.0.2')}`);
    const observed = observe();
    await observed.until('all is listed', isListed);
    await write('web.yaml', `${service('web', '10.0.0.300')}---\n${service('api', '10.0.0.3')}`);
    await observed.until('the good one is taken', (o) => ipOf(o, API) === '10.0.0.3');
    await observed.until('the bad one is reported', () => troubles.length > 0);
    assert.deepEqual(troubles, [
      `${join(directory, 'web.yaml')}:4: Cannot use the Service "shop/web": spec.clusterIP is "10.0.0.300"; expected an IPv4 or IPv6 address`,
    ]);
    assert.equal(ipOf(observed), '10.0.0.1');
  });

  it('completes no list while a file was never understood', async () => {
    await write('web.yaml', service('web', '10.0.0.1'));
    await write('bad.yaml', 'kind: [');
    const observed = observe();
    await observed.until('the fault is reported', () => troubles.length > 0);
    assert.equal(ipOf(observed), '10.0.0.1');
    assert.deepEqual([...observed.listed], []);
    await rm(join(directory, 'bad.yaml'));
    await observed.until('all is listed', isListed);
  });

  it('reports an object that two files define, and lets the first count', async () => {
    await write('a.yaml', service('web', '10.0.0.1'));
    await write('b.yaml', `# twice\n${service('web', '10.0.0.2')}`);
    const observed = observe();
    await observed.until('it is reported', () => troubles.length > 0);
    const [a, b] = [join(directory, 'a.yaml'), join(directory, 'b.yaml')];
    assert.deepEqual(troubles, [
      `${b}:2: Cannot use the Service "shop/web": ${a}:1: defines it already; expected it once`,
    ]);
    assert.equal(ipOf(observed), '10.0.0.1');
    await rm(a);
    await observed.until('the second counts', (o) => ipOf(o) === '10.0.0.2');
    assert.deepEqual(
      observed.all.filter((one) => one.kind === 'gone'),
      [],
    );
  });

  it('counts in one line the kinds that DNS does not need', async () => {
    await write(
      'all.yaml',
      ['Pod', 'Deployment', 'Pod'].map((kind) => `apiVersion: v1\nkind: ${kind}\n`).join('---\n'),
    );
    const observed = observe();
    await observed.until('it is said', () => troubles.length > 0);
    assert.deepEqual(troubles, ['Ignoring what DNS does not need: 1 Deployment, 2 Pod']);
  });

  it('waits for a folder that is missing, and survives its loss', async () => {
    await rm(directory, { recursive: true });
    const observed = observe();
    await observed.until('it is reported', () => troubles.length > 0);
    assert.equal(troubles[0], checkManifests(directory));
    await mkdir(directory);
    await write('web.yaml', service('web', '10.0.0.1'));
    await observed.until('all is listed', isListed);
    await observed.until('it is seen', (o) => ipOf(o) === '10.0.0.1');
    await rm(directory, { recursive: true });
    await observed.until('the loss is reported', () => troubles.length > 1);
    assert.equal(ipOf(observed), '10.0.0.1');
    await mkdir(directory);
    await write('web.yaml', service('web', '10.0.0.2'));
    await observed.until('it is back', (o) => ipOf(o) === '10.0.0.2');
  });
});

describe('checkManifests', () => {
  it('says what is wrong with a folder before anything starts', async () => {
    assert.equal(checkManifests(import.meta.dirname), undefined);
    assert.equal(
      checkManifests('/nonexistent'),
      'Cannot read the manifests "/nonexistent": there is no such directory; expected a directory of .yaml or .json files',
    );
    assert.match(
      checkManifests(import.meta.filename) ?? '',
      /: it is a file; expected a directory/,
    );
  });
});
