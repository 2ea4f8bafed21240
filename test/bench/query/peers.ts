/**
 * The servers that need no cluster: the floor, those that read zone files, and a cache. All are
 * bound to any address, of both families, and log nothing that they are not asked for.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findServer, missingServer } from '../../servers/find-server.ts';
import { freePort } from '../../servers/free-port.ts';
import { compile } from './load-client.ts';
import type { ServerWord } from './plan.ts';
import { type Placement, RunningServer, type Server } from './running-server.ts';
import type { ZoneFile } from './zone-files.ts';

/** Either it, or the sentence why it is left out. */
export type Found = Server | string;

export interface PeerSurroundings {
  readonly folder: string;
  readonly zones: readonly ZoneFile[];
  /** Where names outside of the cluster are. */
  readonly upstreamPort: number;
}

export function floorServer({ folder }: PeerSurroundings): Server {
  const program = compile('floor', folder);
  return {
    word: 'floor',
    title: 'C echo (floor)',
    mixes: ['hits', 'mixed', 'cached'],
    start: async (placement) => {
      const port = await freePort();
      return new RunningServer(port, placement, [program, `${port}`, `${placement.threads}`]);
    },
  };
}

/** It has the names outside as a zone of its own: nobody's cache is quicker than that. */
export function knotServer({ folder, zones }: PeerSurroundings): Found {
  return found('knot', 'knotd', /version (\d+\.\d+)/, (program, version) => ({
    word: 'knot',
    title: `Knot ${version}`,
    mixes: ['hits', 'mixed', 'cached'],
    start: async (placement) => {
      const port = await freePort();
      const home = homeOf(folder, 'knot', placement, zones);
      const config = join(home, 'knot.conf');
      writeFileSync(config, knotConfig(home, zones, port, placement.threads));
      return new RunningServer(port, placement, [program, '-c', config]);
    },
  }));
}

function knotConfig(home: string, zones: readonly ZoneFile[], port: number, threads: number) {
  return `server:
    rundir: ${home}
    listen: [ 0.0.0.0@${port}, ::@${port} ]
    udp-workers: ${threads}
    tcp-workers: 1
    background-workers: 1
log:
  - target: stderr
    any: error
database:
    storage: ${home}
template:
  - id: default
    storage: ${home}
    file: "%s.zone"
    zonefile-sync: -1
    zonefile-load: whole
    journal-content: none
    semantic-checks: off
zone:
${zones.map(({ zone }) => `  - domain: ${zone}`).join('\n')}
`;
}

export function nsdServer({ folder, zones }: PeerSurroundings): Found {
  return found('nsd', 'nsd', /version (\d+\.\d+)/, (program, version) => ({
    word: 'nsd',
    title: `NSD ${version}`,
    mixes: ['hits', 'mixed'],
    start: async (placement) => {
      const port = await freePort();
      const home = homeOf(folder, 'nsd', placement, zones);
      const config = join(home, 'nsd.conf');
      writeFileSync(config, nsdConfig(home, zones, port, placement.threads));
      return new RunningServer(port, placement, [program, '-d', '-c', config]);
    },
  }));
}

function nsdConfig(home: string, zones: readonly ZoneFile[], port: number, threads: number) {
  const list = zones.map(({ zone }) => `zone:\n    name: ${zone}\n    zonefile: ${zone}zone`);
  return `server:
    ip-address: 0.0.0.0@${port}
    ip-address: ::@${port}
    server-count: ${threads}
    reuseport: ${threads > 1 ? 'yes' : 'no'}
    username: ""
    chroot: ""
    zonesdir: ${home}
    database: ""
    pidfile: ${home}/nsd.pid
    xfrdfile: ${home}/xfrd.state
    zonelistfile: ${home}/zone.list
    xfrdir: ${home}
    rrl-ratelimit: 0
    minimal-responses: yes
remote-control:
    control-enable: no
${list.join('\n')}
`;
}

export function unboundServer({ folder, upstreamPort }: PeerSurroundings): Found {
  return found('unbound', 'unbound', /Version (\d+\.\d+)/, (program, version) => ({
    word: 'unbound',
    title: `unbound ${version}`,
    mixes: ['cached'],
    start: async (placement) => {
      const port = await freePort();
      const home = homeOf(folder, 'unbound', placement, []);
      const config = join(home, 'unbound.conf');
      writeFileSync(config, unboundConfig(home, upstreamPort, port, placement.threads));
      return new RunningServer(port, placement, [program, '-d', '-c', config]);
    },
  }));
}

function unboundConfig(home: string, upstreamPort: number, port: number, threads: number) {
  return `server:
    interface: 0.0.0.0@${port}
    interface: ::0@${port}
    access-control: 127.0.0.0/8 allow
    num-threads: ${threads}
    so-reuseport: yes
    do-daemonize: no
    username: ""
    chroot: ""
    directory: ${home}
    pidfile: ""
    use-syslog: no
    logfile: ""
    module-config: "iterator"
    do-not-query-localhost: no
remote-control:
    control-enable: no
forward-zone:
    name: "."
    forward-addr: 127.0.0.1@${upstreamPort}
`;
}

/** A folder of its own, with the zone files in it. */
function homeOf(
  folder: string,
  word: ServerWord,
  { threads }: Placement,
  zones: readonly ZoneFile[],
): string {
  const home = join(folder, `${word}-${threads}`);
  mkdirSync(home, { recursive: true });
  for (const { zone, text } of zones) {
    for (const file of [`${zone}zone`, `${zone.slice(0, -1)}.zone`]) {
      writeFileSync(join(home, file), text);
    }
  }
  return home;
}

/** The server on this machine, with its version as it says it. */
export function found(
  word: ServerWord,
  program: string,
  pattern: RegExp,
  server: (path: string, version: string) => Server,
): Found {
  const path = findServer(program);
  if (path === undefined) return `${word} is left out: it ${missingServer(program)}`;
  const versionFlag: Readonly<Record<string, string>> = { nsd: '-v', unbound: '-V' };
  return server(path, versionOf(path, versionFlag[word] ?? '--version', pattern));
}

/** NSD says it on stderr. */
function versionOf(path: string, flag: string, pattern: RegExp): string {
  try {
    const said = execFileSync('sh', ['-c', `"${path}" ${flag} 2>&1`], { encoding: 'utf8' });
    return pattern.exec(said)?.[1] ?? '';
  } catch {
    return '';
  }
}
