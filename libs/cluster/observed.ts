/**
 * What is known of a cluster by what a source said: the fold that every consumer of the port makes,
 * for tests to ask. Waiting is for a fact, and fails when the fact does not come.
 */
import { type ClusterObject, type ObjectKind, type ObjectRef, refKey } from '../event/object.ts';
import type { ClusterSource, Observation } from './source.ts';

/** Long enough for a slow machine; only a failing test waits so long. */
const PATIENCE_MS = 15_000;

export class Observed {
  readonly all: Observation[] = [];
  readonly objects = new Map<string, ClusterObject>();
  readonly listed = new Set<ObjectKind>();
  readonly unserved = new Set<ObjectKind>();
  readonly unwatched = new Set<ObjectKind>();
  readonly ended: Promise<void>;
  readonly #naming = new Map<ObjectKind, Set<string>>();
  readonly #abort = new AbortController();
  #wake: (() => void)[] = [];

  constructor(source: ClusterSource) {
    this.ended = this.#consume(source);
    this.ended.catch(() => {}); // whoever awaits it hears of it
  }

  get(ref: ObjectRef): ClusterObject | undefined {
    return this.objects.get(refKey(ref));
  }

  troubles(): readonly string[] {
    return this.all.flatMap((one) => (one.kind === 'trouble' ? [one.why] : []));
  }

  /** Waits until the fact is so. */
  async until(fact: string, isSo: (observed: Observed) => boolean): Promise<void> {
    const timer = AbortSignal.timeout(PATIENCE_MS);
    while (!isSo(this)) {
      if (timer.aborted) {
        const last = this.all.slice(-5).map((one) => JSON.stringify(one));
        throw new Error(`Waited in vain until ${fact}; the last observations: ${last.join(' ')}`);
      }
      await new Promise<void>((resolve) => {
        timer.addEventListener('abort', () => resolve(), { once: true });
        this.#wake.push(resolve);
      });
    }
  }

  /** Something outside of the observations changed that somebody may wait for. */
  askAgain(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.ended;
  }

  async #consume(source: ClusterSource): Promise<void> {
    for await (const observation of source.observe(this.#abort.signal)) {
      this.all.push(observation);
      this.#fold(observation);
      this.askAgain();
    }
  }

  #fold(observation: Observation): void {
    switch (observation.kind) {
      case 'listing':
        this.#naming.set(observation.of, new Set());
        this.unserved.delete(observation.of);
        return;
      case 'found':
        this.objects.set(refKey(observation.object), observation.object);
        this.#naming.get(observation.object.kind)?.add(refKey(observation.object));
        return;
      case 'gone':
        this.objects.delete(refKey(observation.ref));
        return;
      case 'listed':
        this.#keepOnly(observation.of, this.#naming.get(observation.of) ?? new Set());
        this.#naming.delete(observation.of);
        this.listed.add(observation.of);
        return;
      case 'unserved':
        this.#keepOnly(observation.of, new Set());
        this.unserved.add(observation.of);
        return;
      case 'unwatched':
        this.#keepOnly(observation.of, new Set());
        this.unwatched.add(observation.of);
        return;
      case 'trouble':
        return;
    }
  }

  #keepOnly(kind: ObjectKind, named: ReadonlySet<string>): void {
    for (const [key, object] of this.objects) {
      if (object.kind === kind && !named.has(key)) this.objects.delete(key);
    }
  }
}
