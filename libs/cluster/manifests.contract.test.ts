import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { OBJECT_KINDS, type ObjectRef } from '../event/object.ts';
import { type ClusterDriver, clusterSourceContract } from './contract.ts';
import { openManifests } from './manifests.ts';

clusterSourceContract('manifest files', async (): Promise<ClusterDriver> => {
  const directory = await mkdtemp(join(tmpdir(), 'isthmus-manifests-'));
  const fileOf = ({ kind, namespace, name }: ObjectRef) =>
    join(directory, `${kind}.${namespace}.${name}.yaml`);
  return {
    put: (raw) => writeFile(fileOf({ ...raw.metadata, kind: raw.kind }), stringify(raw)),
    delete: (ref) => rm(fileOf(ref)),
    source: (kinds = OBJECT_KINDS) => openManifests({ directory, kinds, onTrouble: () => {} }),
    close: () => rm(directory, { recursive: true }),
  };
});
