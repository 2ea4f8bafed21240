/** Brings a real API server from one world to the next. */
import { isJson } from '../../libs/cluster/field.ts';
import type { ApiServer } from '../cluster/apiserver.ts';
import { collectionPath, type RawObject } from '../cluster/collections.ts';
import { deleteObject } from '../cluster/delete-object.ts';
import { putObject } from '../cluster/put-object.ts';
import type { World } from './world.ts';

/** Objects on their way to the API at once. */
const BATCH = 8;

/** Those that are in every API server. */
const ITS_OWN = new Set(['default', 'kube-system', 'kube-public', 'kube-node-lease']);

export async function putWorld(api: ApiServer, before: World, after: World): Promise<void> {
  const gone = [...before].filter(([key, raw]) => isMadeAnew(raw, after.get(key)));
  // Namespaces are there before what is in them, and end after it.
  await inBatches(of(gone, false), (raw) => deleteObject(api, raw));
  await inBatches(of(gone, true), (raw) => deleteNamespace(api, raw.metadata.name));
  const put = [...after].filter(([key, raw]) => before.get(key) !== raw);
  await inBatches(of(put, true), (raw) => putObject(api, raw));
  await inBatches(of(put, false), (raw) => putObject(api, raw));
  await inBatches(put.map(([, raw]) => raw).filter(isTerminating), (raw) => terminate(api, raw));
}

function of(entries: readonly (readonly [string, RawObject])[], isNamespace: boolean) {
  return entries.map(([, raw]) => raw).filter(({ kind }) => (kind === 'Namespace') === isNamespace);
}

/** Gone, or so different that the API takes no update. */
function isMadeAnew(before: RawObject, after: RawObject | undefined): boolean {
  if (after === undefined) return true;
  const fixed = ({ kind, metadata, spec, addressType }: RawObject) =>
    kind === 'Pod'
      ? JSON.stringify([metadata, spec])
      : JSON.stringify([isJson(spec) ? [spec.type, spec.clusterIPs] : [], addressType]);
  return fixed(before) !== fixed(after);
}

/** A pod that has the mark ends, for as long as it is there. */
function isTerminating({ kind, metadata }: RawObject): boolean {
  return kind === 'Pod' && isJson(metadata.annotations) && metadata.annotations.ends === 'soon';
}

async function terminate(api: ApiServer, { metadata }: RawObject): Promise<void> {
  const path = `${collectionPath('Pod', metadata.namespace ?? '')}/${metadata.name}`;
  await api.must('DELETE', `${path}?gracePeriodSeconds=3600`);
}

/** No controller runs that would finish it. */
async function deleteNamespace(api: ApiServer, name: string): Promise<void> {
  if (ITS_OWN.has(name)) return;
  const path = `/api/v1/namespaces/${name}`;
  await api.must('DELETE', path);
  const there = await api.must('GET', path);
  const metadata = isJson(there) ? there.metadata : undefined;
  await api.must('PUT', `${path}/finalize`, { metadata, spec: { finalizers: [] } });
}

async function inBatches(
  objects: readonly RawObject[],
  act: (raw: RawObject) => Promise<void>,
): Promise<void> {
  for (let i = 0; i < objects.length; i += BATCH) {
    await Promise.all(objects.slice(i, i + BATCH).map(act));
  }
}
