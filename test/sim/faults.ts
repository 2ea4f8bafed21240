/**
 * What happens to a federation, by chance: changes in its clusters, most of the time, and all that
 * can fail. Each fault ends by itself some time later, or when quiet comes.
 */
import { breakApi, breakLog, breakStore, drain } from './broken-servers.ts';
import { Endings } from './endings.ts';
import type { Seeded } from './seeded.ts';
import type { World } from './world.ts';

/** Between two things that happen, in ms. */
const BETWEEN_MS = [20, 1200] as const;
/** How often a backup is made of what can go back to one, in ms. */
const BACKUP_MS = 8000;

type Fault = (world: World, endings: Endings) => void;

const FAULTS: readonly Fault[] = [
  crash,
  crash,
  crash,
  pause,
  pause,
  cut,
  cut,
  cut,
  stopServer,
  stopServer,
  breakStore,
  breakStore,
  breakLog,
  breakApi,
  breakApi,
  drain,
  loseDisk,
];

export class Faults {
  readonly #world: World;
  #isOver = false;
  readonly #endings: Endings;

  constructor(world: World) {
    this.#world = world;
    this.#endings = new Endings(world);
  }

  begin(): void {
    const { network, chance } = this.#world;
    if (chance.chance(0.8)) {
      network.weather.lost = chance.between(0, 0.15);
      network.weather.slow = chance.between(0, 0.1);
    }
    this.#keepBackups();
    this.#next();
  }

  /** Everything that was broken is whole, and stays so. */
  quiet(): void {
    this.#isOver = true;
    const { network, servers, hosts } = this.#world;
    network.weather.lost = 0;
    network.weather.slow = 0;
    this.#endings.now();
    for (const server of servers) server.start();
    for (const host of hosts) {
      for (const link of host.links) link.heal();
      host.machine?.resume();
      host.start();
    }
  }

  #next(): void {
    const [least, most] = BETWEEN_MS;
    this.#world.later(least, most, 'something happens', () => {
      if (this.#isOver) return;
      this.#happen(this.#world.chance);
      this.#next();
    });
  }

  #happen(chance: Seeded): void {
    if (chance.chance(0.55)) {
      const cluster = chance.pick(this.#world.clusters);
      this.#world.trace.add(`  a change in ${cluster.name}`);
      for (let i = chance.below(3); i >= 0; i--) cluster.inhabitants.change();
    } else {
      chance.pick(FAULTS)(this.#world, this.#endings);
    }
  }

  #keepBackups(): void {
    this.#world.later(BACKUP_MS / 2, BACKUP_MS, 'backups', () => {
      if (this.#isOver) return;
      for (const { isWiped, api, backups } of this.#world.clusters) {
        if (!isWiped) backups.push(api.backup());
      }
      this.#world.storeServer?.keepBackup();
      this.#keepBackups();
    });
  }
}

function crash(world: World, endings: Endings): void {
  const host = world.chance.pick(world.hosts);
  world.trace.add(`  ${host.name} crashes`);
  host.crash();
  endings.later(100, 20_000, `${host.name} starts`, () => host.start());
}

/** SIGSTOP, and SIGCONT. */
function pause(world: World, endings: Endings): void {
  const { machine } = world.chance.pick(world.hosts);
  if (machine === undefined) return;
  world.trace.add(`  ${machine.name} is stopped`);
  machine.pause();
  endings.later(100, 25_000, `${machine.name} goes on`, () => machine.resume());
}

function cut(world: World, endings: Endings): void {
  const host = world.chance.pick(world.hosts);
  const link = world.chance.pick(host.links);
  const text = `${host.name} and ${link.server.name}`;
  world.trace.add(`  cut between ${text}`);
  link.cut();
  endings.later(20, 15_000, `no cut between ${text}`, () => link.heal());
}

function stopServer(world: World, endings: Endings): void {
  const server = world.chance.pick(world.servers);
  world.trace.add(`  ${server.name} stops`);
  server.stop();
  endings.later(50, 12_000, `${server.name} starts`, () => server.start());
}

function loseDisk({ chance, resolvers, trace }: World): void {
  const host = chance.pick(resolvers);
  trace.add(`  ${host.name} loses its disk`);
  host.disk.lose();
}
