/**
 * One kind of one cluster, listed and watched for ever.
 *
 *   list ──► watch from its version ──► the server ends it: watch on from the last version
 *    ▲          │ cut, refused: wait a moment, watch on from the last version
 *    └──────────┘ 410, ERROR, garbled: what is so, only a list can tell
 *
 * A server that was away may come back with older data, or none. It takes a watch from a version of
 * its future without a word, and is silent until it gets there: so its version is asked for first.
 *
 * Nothing that a server or a network does ends it or throws; silence removes nothing.
 */

import { projectAs, refOf } from '../cluster/project.ts';
import type { Observation } from '../cluster/source.ts';
import type { ObjectKind } from '../event/object.ts';
import type { ApiConnection } from './api-connection.ts';
import type { Refusal } from './api-status.ts';
import { ApiUnreachable, causeOf } from './api-unreachable.ts';
import { Backoff } from './backoff.ts';
import type { Clock } from './clock.ts';
import { listPages } from './list-pages.ts';
import { RESOURCES, type Resource } from './resource.ts';
import { type Notification, watchLines } from './watch-lines.ts';

export interface Surroundings {
  readonly api: ApiConnection;
  readonly clock: Clock;
  readonly random: () => number;
  /** Takes an observation; a promise to await when there is no more room. */
  readonly push: (observation: Observation) => Promise<void> | undefined;
  readonly signal: AbortSignal;
  /** How long a watch may be silent before it counts as dead. */
  readonly inactivityMs: number;
}

/**
 * A server sends a bookmark about each minute; one that ends a watch after 240 to 300 s gives every
 * connection a natural end, and the jitter keeps the ends of many watchers apart.
 */
const WATCH_SECONDS_MIN = 240;
const WATCH_SECONDS_MAX = 300;
/** How often it is asked whether a CRD was installed meanwhile. */
const UNSERVED_RECHECK_MS = 2000;

/** For one object and the version of all, as long as for the beginning of a watch. */
const COMPARE_MS = 10_000;

/** Where to go on from. */
interface Place {
  readonly path: string;
  readonly resourceVersion: string;
}

/** How a list or a watch ended. */
type End =
  | { readonly kind: 'listed'; readonly at: Place }
  | { readonly kind: 'ended'; readonly isSilent: boolean }
  | { readonly kind: 'garbled'; readonly why: string }
  | { readonly kind: 'cut'; readonly why: string }
  | Refusal;

export class Reflector {
  readonly #kind: ObjectKind;
  readonly #resource: Resource;
  readonly #around: Surroundings;
  readonly #backoff: Backoff;
  #place: Place | undefined;
  /** What was said last, so that an outage is told of once. */
  #trouble = '';
  /** It was away, or seemed so: it may have gone back. */
  #mayBeBehind = false;

  constructor(kind: ObjectKind, around: Surroundings) {
    this.#kind = kind;
    this.#resource = RESOURCES[kind];
    this.#around = around;
    this.#backoff = new Backoff(around.random);
  }

  /** Resolves when the signal aborts. */
  async run(): Promise<void> {
    const { signal, clock } = this.#around;
    while (!signal.aborted) {
      const end = await this.#listOrWatch();
      if (signal.aborted) return;
      const waitMs = await this.#goOn(end);
      if (waitMs > 0) await clock.wait(waitMs, signal);
    }
  }

  async #listOrWatch(): Promise<End> {
    const place = this.#place;
    try {
      if (place === undefined) return await this.#list();
      const end = this.#mayBeBehind ? await this.#compare(place) : undefined;
      return end ?? (await this.#watch(place));
    } catch (error) {
      if (error instanceof ApiUnreachable) return { kind: 'cut', why: error.message };
      const what = `Cannot ${this.#place === undefined ? 'list' : 'watch'} ${this.#resource.name}`;
      const is = `the connection ended ("${causeOf(error)}")`;
      return { kind: 'cut', why: `${what}: ${is}; expected the whole reply` };
    }
  }

  /** Decides what comes next, and after how long. */
  async #goOn(end: End): Promise<number> {
    switch (end.kind) {
      case 'listed':
        // A list alone is no success: each may be followed by a watch that is refused.
        this.#trouble = '';
        this.#place = end.at;
        this.#mayBeBehind = false;
        return 0;
      case 'ended':
        // A watch that ends without having said a thing is no success: not at once again.
        return end.isSilent ? this.#backoff.afterRefusal(0) : 0;
      case 'expired':
        this.#place = undefined;
        return this.#backoff.afterRefusal(0);
      case 'garbled':
        this.#place = undefined;
        await this.#tell(end.why);
        return this.#backoff.afterRefusal(0);
      case 'unserved':
        return this.#unserved();
      case 'refused':
        this.#mayBeBehind = true;
        await this.#tell(end.why, end.isPassing);
        return this.#backoff.afterRefusal(end.retryAfterMs);
      case 'cut':
        this.#mayBeBehind = true;
        // One cut is what networks do; the second in a row is worth a word.
        if (this.#backoff.failures > 0) await this.#tell(end.why, true);
        return this.#backoff.afterUnreachable();
    }
  }

  async #list(): Promise<End> {
    let end: End = { kind: 'unserved' };
    for (const path of this.#resource.paths) {
      end = await this.#listPath(path);
      if (end.kind !== 'unserved') return end;
    }
    return end;
  }

  async #listPath(path: string): Promise<End> {
    const { api, signal } = this.#around;
    let isBegun = false;
    for await (const page of listPages(api, this.#resource, path, signal)) {
      if (page.kind !== 'page') return page;
      if (!isBegun) await this.#push({ kind: 'listing', of: this.#kind });
      isBegun = true;
      for (const item of page.items) {
        const full = this.#observe(item);
        if (full !== undefined) await full;
      }
      if (!page.isLast) continue;
      const { resourceVersion } = page;
      await this.#push({ kind: 'listed', of: this.#kind, resourceVersion });
      return { kind: 'listed', at: { path, resourceVersion } };
    }
    return { kind: 'cut', why: 'the list has no last page' };
  }

  /** An end if there is no use in watching from this place; undefined: the server has got there. */
  async #compare({ path, resourceVersion }: Place): Promise<End | undefined> {
    const { api, signal, inactivityMs } = this.#around;
    const waitMs = Math.min(COMPARE_MS, inactivityMs);
    const one = { objects: 1, patience: { headersMs: waitMs, bodyMs: waitMs } };
    for await (const page of listPages(api, this.#resource, path, signal, one)) {
      if (page.kind !== 'page') return page;
      if (isBefore(page.resourceVersion, resourceVersion)) return { kind: 'expired' };
      break;
    }
    this.#mayBeBehind = false;
    return undefined;
  }

  async #watch(from: Place): Promise<End> {
    const { api, signal, random, inactivityMs } = this.#around;
    const range = WATCH_SECONDS_MAX - WATCH_SECONDS_MIN;
    const timeoutSeconds = WATCH_SECONDS_MIN + Math.floor(random() * (range + 1));
    const watch = { ...from, timeoutSeconds, inactivityMs };
    let isSilent = true;
    for await (const notifications of watchLines(api, this.#resource, watch, signal)) {
      for (const notification of notifications) {
        const end = this.#notice(notification, from.path);
        if (end !== undefined && !(end instanceof Promise)) return end;
        if (end !== undefined) await end;
        if (isSilent) this.#succeed();
        isSilent = false;
      }
    }
    return { kind: 'ended', isSilent };
  }

  /** The end of the watch, a promise to await, or nothing. */
  #notice(notification: Notification, path: string): End | Promise<void> | undefined {
    switch (notification.kind) {
      case 'changed':
      case 'deleted': {
        const { object, resourceVersion } = notification;
        const full = notification.kind === 'changed' ? this.#observe(object) : this.#gone(object);
        this.#place = { path, resourceVersion };
        return full;
      }
      case 'bookmark': {
        const { resourceVersion } = notification;
        const isBack = isBefore(resourceVersion, this.#place?.resourceVersion ?? '');
        if (isBack) return { kind: 'expired' };
        this.#place = { path, resourceVersion };
        return undefined;
      }
      default:
        return notification;
    }
  }

  #observe(raw: unknown): Promise<void> | undefined {
    const projection = projectAs(this.#kind, raw);
    if (projection.kind === 'refused') return this.#tell(projection.why);
    if (projection.kind === 'done') {
      // What a list leaves out is gone; only of a watch it has to be said.
      const { ref } = projection;
      return this.#place === undefined ? undefined : this.#push({ kind: 'gone', ref });
    }
    const { object, resourceVersion } = projection;
    return this.#push(
      resourceVersion === ''
        ? { kind: 'found', object }
        : { kind: 'found', object, resourceVersion },
    );
  }

  #gone(raw: unknown): Promise<void> | undefined {
    const ref = refOf(this.#kind, raw);
    return ref === undefined ? undefined : this.#push({ kind: 'gone', ref });
  }

  async #unserved(): Promise<number> {
    // A watch on a version that is gone; another one may be there.
    const wasWatching = this.#place !== undefined;
    this.#place = undefined;
    if (wasWatching) return this.#backoff.afterRefusal(0);
    if (!this.#resource.isOptional) {
      const { name } = this.#resource;
      await this.#tell(`Cannot list ${name}: the API server has none; expected Kubernetes 1.21 up`);
      return this.#backoff.afterRefusal(0);
    }
    this.#succeed();
    await this.#push({ kind: 'unserved', of: this.#kind });
    return UNSERVED_RECHECK_MS * (0.75 + this.#around.random() / 2);
  }

  async #tell(why: string, isPassing = false): Promise<void> {
    if (why === this.#trouble) return;
    this.#trouble = why;
    await this.#push({ kind: 'trouble', of: this.#kind, why, isPassing });
  }

  #succeed(): void {
    this.#backoff.succeed();
    this.#trouble = '';
  }

  #push(observation: Observation): Promise<void> | undefined {
    return this.#around.push(observation);
  }
}

/** Versions are to be compared as numbers where they are such (KEP-5504), as they always were. */
function isBefore(version: string, other: string): boolean {
  const areNumbers = [version, other].every((one) => /^[1-9]\d*$/.test(one));
  return areNumbers && BigInt(version) < BigInt(other);
}
