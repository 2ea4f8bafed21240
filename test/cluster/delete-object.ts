/** Deletes an object from a real API server; a namespace is another matter. */
import type { ApiServer } from './apiserver.ts';
import { collectionPath, type RawObject } from './collections.ts';

/** Resolves when the API has acknowledged. */
export async function deleteObject(api: ApiServer, raw: RawObject): Promise<void> {
  const { kind, apiVersion, metadata } = raw;
  const path = collectionPath(kind, metadata.namespace ?? '', apiVersion);
  // Nobody runs a pod here who would end it.
  const options = kind === 'Pod' ? { gracePeriodSeconds: 0 } : undefined;
  await api.must('DELETE', `${path}/${metadata.name}`, options);
}
