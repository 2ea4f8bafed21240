/** Clusters made of manifest files that a test writes, and an operator at the command line. */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { IsthmusProcess } from './isthmus-process.ts';
import { headless, NAMESPACE, serviceExport, slice } from './objects.ts';

/** What a cluster has: `web` with a cluster IP, `db` headless; both are exported. */
export interface Shop {
  readonly web: readonly [clusterIP: string, pod: string];
  readonly db: readonly string[];
}

/** Puts it into the cluster's folder as one change. */
export function writeCluster(folder: string, cluster: string, { web, db }: Shop): string {
  const [clusterIP, pod] = web;
  const service = headless('web');
  return writeObjects(folder, cluster, [
    NAMESPACE,
    { ...service, spec: { ...service.spec, clusterIP, clusterIPs: [clusterIP] } },
    slice('web', pod),
    headless('db'),
    slice('db', ...db),
    serviceExport('web'),
    serviceExport('db'),
  ]);
}

export function writeObjects(folder: string, cluster: string, objects: readonly unknown[]): string {
  const directory = join(folder, cluster);
  mkdirSync(directory, { recursive: true });
  const written = join(folder, `${cluster}.new`);
  writeFileSync(written, objects.map((object) => JSON.stringify(object)).join('\n---\n'));
  renameSync(written, join(directory, 'objects.yaml'));
  return directory;
}

export interface Printed {
  readonly code: number | null;
  readonly text: string;
}

/** `isthmus drain east …`, to its end. */
export type Operator = (...words: readonly string[]) => Promise<Printed>;

/** `where`: the flags that lead to the logs. */
export function operator(where: readonly string[]): Operator {
  return async (...words) => {
    const process = new IsthmusProcess([...words, ...where]);
    const code = await process.exit();
    return { code, text: process.output.trimEnd() };
  };
}
