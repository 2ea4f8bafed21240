/** What a machine's disk keeps of facts, over the crashes of the processes on it. */

import type { FactSnapshot } from '../../libs/store/store.ts';
import type { SnapshotOutcome } from '../../libs/store-disk/snapshot-file.ts';
import type { SnapshotFiles } from '../../services/resolver/control/disk-snapshots.ts';
import type { Machine } from './machine.ts';
import type { Timeline } from './timeline.ts';

/** Until something is written, in ms; a crash before that leaves what there was. */
const WRITE_MS = 3;

export class SimDisk {
  readonly #snapshots = new Map<string, FactSnapshot>();

  lose(): void {
    this.#snapshots.clear();
  }

  of(machine: Machine, timeline: Timeline): SnapshotFiles {
    const done = (what: string, act: () => void) =>
      new Promise<void>((resolve) => {
        timeline.after(WRITE_MS, `${machine.name}'s disk ${what}`, () => {
          if (machine.hasCrashed) return;
          act();
          machine.arrive(resolve);
        });
      });
    return {
      read: async (path): Promise<SnapshotOutcome> => {
        const snapshot = this.#snapshots.get(path);
        return snapshot === undefined ? { kind: 'none' } : { kind: 'snapshot', snapshot };
      },
      write: (path, snapshot) => done(`has ${path}`, () => this.#snapshots.set(path, snapshot)),
      names: async () =>
        [...this.#snapshots.keys()].map((path) => path.slice(path.lastIndexOf('/') + 1)),
      remove: (path) => done(`loses ${path}`, () => this.#snapshots.delete(path)),
    };
  }
}
