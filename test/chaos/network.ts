/**
 * A network of the chaos alone: each part is a machine of its own, a network namespace on one
 * bridge. All of it, and every process in it, is gone with the process that made it.
 *
 *   main.ts ─ unshare ─► main.ts again: bridge 10.77.0.1 ─┬─ veth ─ api-east 10.77.0.2
 *                                                         ├─ veth ─ nats-1   10.77.0.3 …
 *
 * A machine is cut off from others by a neighbour entry that leads nowhere: packets vanish, as in a
 * network that is down, and nobody is told. Whoever asks (the bridge's own address) still reaches
 * it, so that what it says meanwhile is seen.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { LOOPBACK, type Place } from '../servers/place.ts';
import { makeTempDirectory, removeTempDirectory } from '../servers/temp-directory.ts';

const INSIDE = 'ISTHMUS_CHAOS_NETWORK';
const SUBNET = '10.77.0';
/** A hardware address that nobody has. */
const NOBODY = '02:00:00:00:00:01';

/** Namespaces of network, mounts and processes; for users that are not root, of users too. */
const UNSHARE = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];

export interface Machine extends Place {
  readonly name: string;
}

export interface Network {
  /** Undefined: it can cut; else why it can't. */
  readonly cannotCut: string | undefined;
  machine(name: string): Machine;
  /** From now on nothing passes between it and these. */
  cut(machine: Machine, from: readonly Machine[]): void;
  mend(machine: Machine, from: readonly Machine[]): void;
}

/**
 * Runs this program again in a network of its own; its exit code. Undefined: it runs there already,
 * or can't, and goes on where it is.
 */
export async function enterNetwork(): Promise<number | undefined> {
  if (process.env[INSIDE] !== undefined) return undefined;
  const unshare = process.getuid?.() === 0 ? UNSHARE : ['--map-root-user', ...UNSHARE];
  const probe = spawnSync('unshare', [...unshare, 'ip', 'link', 'add', 'probe', 'type', 'bridge']);
  if (probe.status !== 0) {
    process.env[INSIDE] = `none: ${probe.error?.message ?? probe.stderr.toString().trim()}`;
    return undefined;
  }
  const [script = '', ...words] = process.argv.slice(1);
  const folder = makeTempDirectory();
  const child = spawn('unshare', [...unshare, process.execPath, script, ...words], {
    stdio: 'inherit',
    env: { ...process.env, [INSIDE]: 'yes', TMPDIR: folder },
  });
  // unshare does not hand on any other; it takes all that runs in there with it.
  const end = () => child.kill('SIGKILL');
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, end);
  process.on('exit', end);
  return new Promise((resolve) => {
    child.once('close', (code) => {
      removeTempDirectory(folder);
      resolve(code ?? 1);
    });
  });
}

/** After enterNetwork. */
export function openNetwork(): Network {
  const inside = process.env[INSIDE] ?? 'none: it was not entered';
  return inside === 'yes' ? openNamespaces() : loopback(inside.slice('none: '.length));
}

function openNamespaces(): Network {
  // Nobody else's /run: the names of namespaces are files in it.
  execFileSync('mount', ['-t', 'tmpfs', 'none', '/run']);
  mkdirSync('/run/netns');
  ip('link set lo up');
  ip('link add name bridge type bridge');
  ip(`address add ${SUBNET}.1/24 dev bridge`);
  ip('link set bridge up');
  let last = 1;
  /** How often each way is cut: two machines may both be cut off. */
  const cuts = new Map<string, number>();
  return {
    cannotCut: undefined,
    machine(name) {
      const address = `${SUBNET}.${++last}`;
      ip(`netns add ${name}`);
      ip(`link add name ${name} type veth peer name eth0 netns ${name}`);
      ip(`link set ${name} master bridge up`);
      ip(`-n ${name} address add ${address}/24 dev eth0`);
      ip(`-n ${name} link set eth0 up`);
      ip(`-n ${name} link set lo up`);
      return { name, address, under: ['ip', 'netns', 'exec', name] };
    },
    cut(machine, from) {
      for (const [one, other] of pairs(machine, from)) {
        const times = (cuts.get(`${one.name} ${other.name}`) ?? 0) + 1;
        cuts.set(`${one.name} ${other.name}`, times);
        const to = `${other.address} lladdr ${NOBODY} dev eth0 nud permanent`;
        if (times === 1) ip(`-n ${one.name} neighbour replace ${to}`);
      }
    },
    mend(machine, from) {
      for (const [one, other] of pairs(machine, from)) {
        const times = (cuts.get(`${one.name} ${other.name}`) ?? 0) - 1;
        cuts.set(`${one.name} ${other.name}`, times);
        if (times === 0) ip(`-n ${one.name} neighbour delete ${other.address} dev eth0`);
      }
    },
  };
}

function loopback(why: string): Network {
  const cannotCut = `no network namespaces here: ${why}`;
  const cut = () => {
    throw new Error(`Cannot cut the network: ${cannotCut}; expected a way to make them`);
  };
  return { cannotCut, machine: (name) => ({ name, ...LOOPBACK }), cut, mend: cut };
}

/** Both directions of each. */
function pairs(
  machine: Machine,
  from: readonly Machine[],
): readonly (readonly [Machine, Machine])[] {
  const others = from.filter(({ name }) => name !== machine.name);
  return others.flatMap((other): (readonly [Machine, Machine])[] => [
    [machine, other],
    [other, machine],
  ]);
}

function ip(words: string): void {
  execFileSync('ip', words.split(' '), { stdio: ['ignore', 'ignore', 'pipe'] });
}
