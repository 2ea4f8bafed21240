/** Makes or replaces an object on a real API server, and its namespace before it. */
import { isJson } from '../../libs/cluster/field.ts';
import type { ApiServer } from './apiserver.ts';
import { collectionPath, type RawObject } from './collections.ts';

/** Resolves when the API has acknowledged. */
export async function putObject(api: ApiServer, raw: RawObject): Promise<void> {
  const { kind, apiVersion, metadata } = raw;
  const path = collectionPath(kind, metadata.namespace ?? '', apiVersion);
  const made = await api.request('POST', path, raw);
  if (made.status === 201) {
    // The API takes the status of a pod by this way only.
    if (kind === 'Pod') await putPodStatus(api, `${path}/${metadata.name}`, raw.status);
    return;
  }
  if (made.status === 404 && metadata.namespace !== undefined) {
    await api.must('POST', '/api/v1/namespaces', { metadata: { name: metadata.namespace } });
    return putObject(api, raw);
  }
  if (made.status !== 409) {
    throw new Error(`POST ${path} → ${made.status}: ${JSON.stringify(made.body)}`);
  }
  if (kind === 'Pod') return putPodStatus(api, `${path}/${metadata.name}`, raw.status);
  const there = await api.must('GET', `${path}/${metadata.name}`);
  const resourceVersion =
    isJson(there) && isJson(there.metadata) ? there.metadata.resourceVersion : undefined;
  const whole = { ...raw, metadata: { ...metadata, resourceVersion } };
  await api.must('PUT', `${path}/${metadata.name}`, whole);
}

async function putPodStatus(api: ApiServer, path: string, status: unknown): Promise<void> {
  const there = await api.must('GET', path);
  if (isJson(there)) await api.must('PUT', `${path}/status`, { ...there, status });
}
