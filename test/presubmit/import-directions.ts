/**
 * Which folder may import which. The tree is the design: a folder is a word of the flow, imports
 * point one way, and a client library lives only in the folder that is named after its technology.
 * Within a folder no order is written down, but files are in no circle either.
 *
 *   telemetry  dns ◄─ event ◄─ cluster ◄─ cluster-kubernetes
 *               ▲       ▲      log ◄─ log-sqlite, log-jetstream
 *               │       │       ▲
 *               │       │      store ◄─ store-disk, store-redis
 *               │       └─ federation
 *               ├─ transfer
 *               ├─ table ◄─ socket                      services/* ─► any library
 */
import type { SourceFile } from './source-file.ts';
import { importsOf, isTest } from './source-file.ts';

/**
 * Folder → the folders of libs/ and services/ it may import, besides itself. Nobody imports test/.
 */
export const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'libs/telemetry': [],
  'libs/tls': [],
  'libs/clock': [],
  'libs/text-template': [],
  'libs/dns': [],
  'libs/corefile': ['libs/dns'],
  'libs/kube-dns': ['libs/dns'],
  'libs/regex': ['libs/corefile'],
  'libs/expression': ['libs/regex'],
  'libs/event': ['libs/dns'],
  'libs/log': ['libs/clock', 'libs/telemetry'],
  'libs/log-sqlite': ['libs/log', 'libs/telemetry'],
  'libs/log-jetstream': ['libs/log', 'libs/telemetry', 'libs/tls'],
  'libs/cluster': ['libs/dns', 'libs/event', 'libs/telemetry'],
  'libs/cluster-kubernetes': ['libs/cluster', 'libs/dns', 'libs/event', 'libs/telemetry'],
  'libs/federation': ['libs/dns', 'libs/event'],
  'libs/store': ['libs/log', 'libs/telemetry'],
  'libs/store-disk': ['libs/log', 'libs/store'],
  'libs/store-redis': ['libs/log', 'libs/store', 'libs/telemetry', 'libs/tls'],
  'libs/table': ['libs/dns'],
  'libs/transfer': ['libs/dns'],
  'libs/zone': ['libs/dns'],
  'libs/zone-file': ['libs/dns'],
  'libs/socket': ['libs/dns', 'libs/table', 'libs/telemetry', 'libs/tls'],
  'libs/upstream': ['libs/dns', 'libs/socket', 'libs/tls'],
  'services/watcher': ['libs/*'],
  'services/resolver': ['libs/*'],
  'services/isthmus': ['libs/*', 'services/watcher', 'services/resolver'],
};

/**
 * Package or built-in module → the folders whose running code may use it. Tests use what they like.
 */
export const LIBRARY_HOMES: Readonly<Record<string, readonly string[]>> = {
  '@kubernetes/client-node': ['libs/cluster-kubernetes'],
  '@nats-io/jetstream': ['libs/log-jetstream'],
  ioredis: ['libs/store-redis'],
  koffi: ['libs/socket'],
  nats: ['libs/log-jetstream'],
  'node:sqlite': ['libs/log-sqlite'],
  'prom-client': ['libs/telemetry'],
  re2js: ['libs/regex'],
  undici: ['libs/cluster-kubernetes'],
  yaml: ['libs/cluster', 'libs/cluster-kubernetes', 'libs/kube-dns'],
};

const PLUGINS = 'services/resolver/plugins';

/** What breaks the tables above, a sentence each, with the place and what would be right. */
export function wrongImports(files: readonly SourceFile[]): readonly string[] {
  return files
    .filter(({ path }) => !path.startsWith('test/'))
    .flatMap((file) =>
      importsOf(file).flatMap(({ line, to, inside }) => {
        const why = inside ? wrongDirection(file.path, to) : wrongLibrary(file.path, to);
        return why === undefined ? [] : [`Cannot import "${to}" in ${file.path}:${line}: ${why}`];
      }),
    );
}

/** Folders that the code has and the table does not know. */
export function unknownFolders(files: readonly SourceFile[]): readonly string[] {
  const folders = new Set(files.map(({ path }) => folderOf(path)));
  return [...folders].filter((folder) => folder !== 'test' && !Object.hasOwn(MAY_IMPORT, folder));
}

/** File → the files that it imports, if only for a type. */
export function importTable(
  files: readonly SourceFile[],
): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    files.map((file) => {
      const own = importsOf(file).filter(({ inside }) => inside);
      return [file.path, own.map(({ to }) => to)];
    }),
  );
}

/** The folders, or files, on a circle of the table, if there is one. */
export function circleOf(table: Readonly<Record<string, readonly string[]>>): readonly string[] {
  const done = new Set<string>();
  const visit = (folder: string, path: readonly string[]): readonly string[] => {
    if (path.includes(folder)) return [...path.slice(path.indexOf(folder)), folder];
    if (done.has(folder)) return [];
    for (const next of table[folder] ?? []) {
      const circle = visit(next, [...path, folder]);
      if (circle.length > 0) return circle;
    }
    done.add(folder);
    return [];
  };
  for (const folder of Object.keys(table)) {
    const circle = visit(folder, []);
    if (circle.length > 0) return circle;
  }
  return [];
}

function wrongDirection(from: string, to: string): string | undefined {
  const [here, there] = [folderOf(from), folderOf(to)];
  if (here === there) return wrongNeighbour(from, to);
  // A test may start the real servers that it runs against.
  if (there === 'test') {
    return isTest(from) ? undefined : 'it is for tests; expected nothing of test/ in running code';
  }
  const allowed = MAY_IMPORT[here] ?? [];
  if (allowed.includes(there) || (there.startsWith('libs/') && allowed.includes('libs/*'))) {
    return undefined;
  }
  const list = allowed.length === 0 ? 'no other folder' : allowed.join(', ');
  return `${there} is not below ${here}; expected ${list} (import-directions.ts has the table)`;
}

/** Plugins know nothing of each other: what two of them need is a library's, or the resolver's. */
function wrongNeighbour(from: string, to: string): string | undefined {
  const plugin = pluginOf(from);
  const other = pluginOf(to);
  if (plugin === undefined || other === undefined || plugin === other) return undefined;
  return `plugin ${plugin} may not know plugin ${other}; expected what both need outside of them`;
}

function wrongLibrary(from: string, library: string): string | undefined {
  if (isTest(from)) return undefined;
  const homes = LIBRARY_HOMES[packageOf(library)];
  if (homes === undefined) {
    if (library.startsWith('node:')) return undefined;
    return 'no folder is its home; expected one in LIBRARY_HOMES (import-directions.ts)';
  }
  if (homes.includes(folderOf(from))) return undefined;
  return `its home is ${homes.join(', ')}; expected a port between`;
}

/** A part of a package is at home where all of it is; `node:fs/promises` is a module of its own. */
function packageOf(library: string): string {
  if (library.startsWith('node:')) return library;
  return /^(@[^/]+\/)?[^/]+/.exec(library)?.[0] ?? library;
}

function folderOf(path: string): string {
  return path.startsWith('test/') ? 'test' : path.split('/').slice(0, 2).join('/');
}

function pluginOf(path: string): string | undefined {
  return path.startsWith(`${PLUGINS}/`) ? path.slice(PLUGINS.length + 1).split('/')[0] : undefined;
}
