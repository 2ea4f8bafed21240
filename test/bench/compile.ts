/**
 * How fast RRsets become answers in shared memory, and what they take there: `npm run bench --
 * compile`.
 *
 *   a service's names with RRsets ─► the table's sink, as the program has it ─► visible to readers
 *
 * Only the sink is timed, not the making of the RRsets.
 */
import type { RRset } from '../../libs/dns/rrset.ts';
import type { Names } from '../../libs/federation/names.ts';
import type { TableWriter } from '../../libs/table/table-writer.ts';
import { createTable } from '../../libs/table/table-writer.ts';
import { createTableSink } from '../../services/resolver/control/table-sink.ts';
import { machineFacts } from './machine.ts';
import { median } from './quantile.ts';

const SIZES = [10_000, 100_000, 1_000_000];
const RUNS_DEFAULT = 5;
const RUNS_MAX = 100;
/** Puts of each kind after all names are there. */
const CHANGES = 100_000;
/** Made before each of them is timed; so the RRsets of a million names are never all there. */
const SERVICES_PER_SLICE = 500;
const TABLE_OCTETS = 2 ** 31 - 2 ** 28;

const HOME = 'cluster.local.';
const REVERSE = 'in-addr.arpa.';
const TTL_SECONDS = 5;
/** Of a column. */
const WIDTH = 14;

interface Figures {
  /** Of the thread's own time, and by the clock; the same where nothing else is at work. */
  readonly namesPerCpuSecond: number;
  readonly namesPerSecond: number;
  readonly octetsPerName: number;
  readonly put: Times;
  readonly replaced: Times;
  readonly unchanged: Times;
}

/** Microseconds of one name, by the clock; longest: of those that nothing interrupted. */
interface Times {
  readonly p50: number;
  readonly p99: number;
  readonly longest: number;
}

export async function compile(words: readonly string[]): Promise<void> {
  const runs = Number(words[0] ?? RUNS_DEFAULT);
  if (!Number.isInteger(runs) || runs < 1 || runs > RUNS_MAX) {
    throw new Error(`Cannot run "${words[0]}" times: no number; expected 1 to ${RUNS_MAX}`);
  }
  console.log(`${machineFacts()}, ${runs} runs of each, medians`);
  console.log(
    'names/s: of CPU, by the clock. µs of one: by the clock, the longest that nothing interrupted.\n',
  );
  const columns = ['names', 'names/s CPU', 'names/s', 'octets each'];
  const kinds = ['put', 'replaced', 'unchanged'];
  const spread = (kind: string) => [`${kind} p50`, 'p99', 'longest'];
  console.log([...columns, ...kinds.flatMap(spread)].map((word) => word.padStart(WIDTH)).join(''));
  for (const size of SIZES) {
    const all = Array.from({ length: runs }, () => run(size));
    const of = (figure: (run: Figures) => number, digits = 0) =>
      median(all.map(figure)).toFixed(digits).padStart(WIDTH);
    const times = (figure: (run: Figures) => Times) =>
      of((one) => figure(one).p50, 1) +
      of((one) => figure(one).p99, 1) +
      of((one) => figure(one).longest);
    console.log(
      String(size).padStart(WIDTH) +
        of((one) => one.namesPerCpuSecond) +
        of((one) => one.namesPerSecond) +
        of((one) => one.octetsPerName) +
        times((one) => one.put) +
        times((one) => one.replaced) +
        times((one) => one.unchanged),
    );
  }
}

/** Twice a table of its own: timed as a whole, and name by name. */
function run(size: number): Figures {
  const whole = { cpuMs: 0, ms: 0 };
  const { octets } = fill(size, (work) => {
    const start = performance.now();
    const cpu = process.threadCpuUsage();
    work();
    whole.ms += performance.now() - start;
    const { user, system } = process.threadCpuUsage(cpu);
    whole.cpuMs += (user + system) / 1000;
  });
  const filled = new Timing(size);
  const { put, table, services } = fill(
    size,
    (work) => work(),
    (work) => filled.time(work),
  );
  const replaced = new Timing(CHANGES);
  const unchanged = new Timing(CHANGES);
  for (let change = 1; unchanged.count < CHANGES; change++) {
    const at = (change * 7919) % services;
    for (const timing of [replaced, unchanged]) {
      for (const [zone, group] of servicesFrom(at, 1, change)) {
        for (const name of group.keys()) timing.time(() => put(zone, name, group));
      }
    }
  }
  if (table.refusals > 0) throw new Error(`Cannot measure: ${table.refusals} puts found no room`);
  return {
    namesPerCpuSecond: size / (whole.cpuMs / 1000),
    namesPerSecond: size / (whole.ms / 1000),
    octetsPerName: octets / size,
    put: filled.times(),
    replaced: replaced.times(),
    unchanged: unchanged.times(),
  };
}

/** A table with so many names. `aroundSlice` and `aroundPut` time what they are given. */
function fill(
  size: number,
  aroundSlice: (work: () => void) => void,
  aroundPut: (work: () => void) => void = (work) => work(),
) {
  const table = createTable({ octets: TABLE_OCTETS, seed: 1 });
  const empty = table.octets;
  const put = sinkOf(table);
  let names = 0;
  let services = 0;
  while (names < size) {
    const slice = servicesFrom(services, SERVICES_PER_SLICE, 0);
    services += SERVICES_PER_SLICE;
    aroundSlice(() => {
      for (const [zone, group] of slice) {
        for (const name of group.keys()) {
          if (names++ < size) aroundPut(() => put(zone, name, group));
        }
      }
    });
  }
  return { table, put, services, octets: table.octets - empty };
}

function sinkOf(table: TableWriter) {
  const zones = [HOME, REVERSE];
  const sink = createTableSink({
    table,
    views: [0],
    zones,
    firstZone: 1,
    rotate: true,
    recursionAvailable: false,
  });
  for (const zone of zones) {
    const rdata = `ns.dns.${HOME} hostmaster.${HOME} 1 7200 1800 86400 5`;
    sink.setZone(zone, { name: zone, type: 'SOA', ttl: TTL_SECONDS, rdata }, true);
  }
  return (zone: string, name: string, names: Names) => sink.put(zone, name, names);
}

class Timing {
  readonly #micros: Float64Array;
  count = 0;
  #longest = 0;

  constructor(capacity: number) {
    this.#micros = new Float64Array(capacity + 100);
  }

  time(work: () => void): void {
    const { involuntaryContextSwitches: before } = process.resourceUsage();
    const start = performance.now();
    work();
    const micros = (performance.now() - start) * 1000;
    this.#micros[this.count++] = micros;
    if (process.resourceUsage().involuntaryContextSwitches > before) return;
    this.#longest = Math.max(this.#longest, micros);
  }

  times(): Times {
    const micros = this.#micros.subarray(0, this.count).sort();
    const of = (q: number) => micros[Math.floor(q * (micros.length - 1))] ?? 0;
    return { p50: of(0.5), p99: of(0.99), longest: this.#longest };
  }
}

/** Names of so many services, by zone. `version` changes every address. */
function servicesFrom(
  first: number,
  count: number,
  version: number,
): readonly (readonly [string, Names])[] {
  return Array.from({ length: count }, (_, i) => first + i).flatMap((i) => [
    [HOME, homeNames(i, version)] as const,
    [REVERSE, reverseNames(i, version)] as const,
  ]);
}

/**
 * Every fourth service is headless with three endpoints: their names, and all of them behind the
 * service and its port. The others have an address and one or two ports.
 */
function homeNames(i: number, version: number): Names {
  const name = `${serviceName(i)}.`;
  const names = new Map<string, RRset[]>();
  const add = (owner: string, type: string, rdatas: readonly string[]) =>
    names.set(owner, [{ name: owner, type, ttl: TTL_SECONDS, rdatas }]);
  const isHeadless = i % 4 === 0;
  const addresses = addressesOf(i, version);
  const targets = isHeadless ? addresses.map((ip) => `${ip.replaceAll('.', '-')}.${name}`) : [name];
  add(name, 'A', addresses);
  if (isHeadless)
    for (const [k, target] of targets.entries()) add(target, 'A', [addresses[k] ?? '']);
  const ports = i % 3 === 0 ? ['_http', '_metrics'] : ['_http'];
  for (const [k, port] of ports.entries()) {
    const weight = Math.floor(100 / targets.length);
    const rdatas = targets.map((target) => `0 ${weight} ${8080 + k} ${target}`);
    add(`${port}._tcp.${name}`, 'SRV', rdatas);
  }
  return names;
}

function reverseNames(i: number, version: number): Names {
  const target = `${serviceName(i)}.`;
  return new Map(
    addressesOf(i, 0).map((ip) => {
      const owner = `${ip.split('.').reverse().join('.')}.${REVERSE}`;
      return [owner, [{ name: owner, type: 'PTR', ttl: TTL_SECONDS + version, rdatas: [target] }]];
    }),
  );
}

function serviceName(i: number): string {
  return `service-${i}.namespace-${i % 500}.svc.cluster.local`;
}

function addressesOf(i: number, version: number): readonly string[] {
  const one = (k: number) => {
    const number = (i * 4 + k) * 3 + (version % 3);
    return `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`;
  };
  return i % 4 === 0 ? [one(0), one(1), one(2)] : [one(0)];
}
