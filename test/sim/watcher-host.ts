/** A host with a watcher of one cluster, which can crash and start anew. */
import { createLog } from '../../libs/telemetry/log.ts';
import { runWatcher, type Watcher } from '../../services/watcher/watcher.ts';
import { Machine } from './machine.ts';
import { Link } from './network.ts';
import type { Seeded } from './seeded.ts';
import type { SimApi } from './sim-api.ts';
import { SimLogs } from './sim-logs.ts';
import { SimSource } from './sim-source.ts';
import { FEDERATION, type Surroundings, skewMs } from './surroundings.ts';

export class WatcherHost {
  readonly name: string;
  readonly links: readonly Link[];
  readonly cluster: string;
  readonly #around: Surroundings;
  readonly #api: SimApi;
  readonly #chance: Seeded;
  #starts = 0;
  machine: Machine | undefined;
  watcher: Watcher | undefined;

  constructor(name: string, api: SimApi, around: Surroundings) {
    this.name = name;
    this.cluster = api.cluster;
    this.#api = api;
    this.#around = around;
    this.#chance = around.chance.fork();
    const { network, logServer } = around;
    this.links = [new Link(network, logServer), new Link(network, api)];
  }

  start(): void {
    if (this.machine?.hasCrashed === false) return;
    const { timeline, logServer, trace, failed, onStored } = this.#around;
    const run = `${this.name}#${++this.#starts}`;
    const machine = new Machine(run, timeline, skewMs(this.#chance));
    const [toLog, toApi] = this.links.map((link) => link.connect(machine));
    if (toLog === undefined || toApi === undefined) return;
    const chance = this.#chance;
    this.machine = machine;
    this.watcher = runWatcher({
      federation: FEDERATION,
      cluster: this.cluster,
      source: new SimSource(toApi, this.#api, chance.fork()),
      logs: new SimLogs({ wire: toLog, server: logServer, chance: chance.fork(), onStored }),
      log: createLog((line) => trace.add(`  ${run} ${line}`)),
      signal: new AbortController().signal,
      clock: machine.clock,
      random: () => chance.fraction(),
      uuid: () => run,
    });
    this.watcher.ended.then(
      () => failed(`${run} has ended`),
      (error: unknown) => failed(`${run}: ${error}`),
    );
  }

  crash(): void {
    this.machine?.crash();
    this.machine = undefined;
    this.watcher = undefined;
  }
}
