/** A host with a resolver, which can crash and start anew with what its disk has. */
import type { FederationConfig } from '../../libs/federation/layer.ts';
import { createLog } from '../../libs/telemetry/log.ts';
import { Metrics } from '../../libs/telemetry/metrics.ts';
import { DiskSnapshots } from '../../services/resolver/control/disk-snapshots.ts';
import {
  type ControlOptions,
  FederationControl,
} from '../../services/resolver/control/federation-control.ts';
import { Machine } from './machine.ts';
import { MapSink, type PutName } from './map-sink.ts';
import { Link } from './network.ts';
import type { Seeded } from './seeded.ts';
import { SimDisk } from './sim-disk.ts';
import { SimLogs } from './sim-logs.ts';
import { SimStore } from './sim-store.ts';
import { FEDERATION, type Surroundings, skewMs } from './surroundings.ts';

/** Sooner than in earnest, so that there are some before a crash. */
const SNAPSHOT_FIRST_MS = 1500;
const SNAPSHOT_EVERY_MS = 6000;

export interface ResolverOptions {
  readonly config: FederationConfig;
  readonly hasDisk: boolean;
  /** Undefined: silent clusters are as good as others. */
  readonly limits: { readonly staleMs: number; readonly lostMs: number } | undefined;
  /** Who looks at what it does. */
  readonly onPut: (resolver: RunningResolver, put: PutName) => void;
  readonly onZone: (resolver: RunningResolver, zone: string, serial: number) => void;
}

export interface RunningResolver {
  readonly name: string;
  readonly startedAtMs: number;
  readonly machine: Machine;
  readonly control: FederationControl;
  readonly table: MapSink;
  /** Whether it may say something else than when this was asked last. */
  hasChanged(): boolean;
}

export class ResolverHost {
  readonly name: string;
  readonly links: readonly Link[];
  readonly disk = new SimDisk();
  readonly #around: Surroundings;
  readonly #options: ResolverOptions;
  readonly #chance: Seeded;
  #starts = 0;
  running: RunningResolver | undefined;

  constructor(name: string, options: ResolverOptions, around: Surroundings) {
    this.name = name;
    this.#options = options;
    this.#around = around;
    this.#chance = around.chance.fork();
    const { network, logServer, storeServer } = around;
    const servers = storeServer === undefined ? [logServer] : [logServer, storeServer];
    this.links = servers.map((server) => new Link(network, server));
  }

  get machine(): Machine | undefined {
    return this.running?.machine;
  }

  start(): void {
    if (this.running !== undefined) return;
    const { timeline } = this.#around;
    const { onPut, onZone } = this.#options;
    const name = `${this.name}#${++this.#starts}`;
    const machine = new Machine(name, timeline, skewMs(this.#chance));
    // Zones are written when the view is made.
    const of = (act: (resolver: RunningResolver) => void) => {
      if (this.running?.name === name) act(this.running);
    };
    const table = new MapSink(
      (put) => of((resolver) => onPut(resolver, put)),
      (zone, serial) => of((resolver) => onZone(resolver, zone, serial)),
    );
    const control = new FederationControl(this.#optionsFor(machine, table));
    const hasChanged = changesOf(control, table);
    this.running = { name, startedAtMs: timeline.nowMs, machine, control, table, hasChanged };
    control.start();
  }

  crash(): void {
    this.running?.machine.crash();
    this.running = undefined;
  }

  #optionsFor(machine: Machine, table: MapSink): ControlOptions {
    const { timeline, logServer, storeServer, trace, failed, onStored } = this.#around;
    const { config, hasDisk, limits } = this.#options;
    const chance = this.#chance;
    const log = createLog((line) => {
      trace.add(`  ${machine.name} ${line}`);
      if (line.startsWith('[ERROR]')) failed(`${machine.name}: ${line}`);
    });
    const [toLog, toStore] = this.links.map((link) => link.connect(machine));
    if (toLog === undefined) throw new Error('Cannot start without a link to the log');
    const { clock } = machine;
    let ids = 0;
    return {
      config,
      sink: table.sink,
      logs: new SimLogs({ wire: toLog, server: logServer, chance: chance.fork(), onStored }),
      store: toStore && storeServer && new SimStore(toStore, storeServer),
      snapshots: hasDisk
        ? new DiskSnapshots({
            directory: this.name,
            log,
            files: this.disk.of(machine, timeline),
            firstAfterMs: SNAPSHOT_FIRST_MS,
            everyMs: SNAPSHOT_EVERY_MS,
            clock,
          })
        : undefined,
      clusters: undefined,
      log,
      metrics: new Metrics(),
      random: () => chance.fraction(),
      clock,
      uuid: () => `${machine.name}.${++ids}`,
      judged: limits && { federation: FEDERATION, limits },
    };
  }
}

function changesOf(control: FederationControl, table: MapSink): () => boolean {
  let known = '';
  return () => {
    let now = `${table.changes} ${control.controlPosition}`;
    for (const { position, caughtUp, synced, unverified } of control.clusters()) {
      now += ` ${position} ${caughtUp} ${synced} ${unverified}`;
    }
    if (now === known) return false;
    known = now;
    return true;
  };
}
