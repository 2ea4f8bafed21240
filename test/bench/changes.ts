/**
 * The changes that are measured: one at a time, asked for before and after.
 *
 *   asked in a tight loop ─► old answers ─► write ─► acknowledged at a ─► new answer at b: b - a
 *
 * An answer may be there before the API's acknowledgement is: the difference is then negative, and
 * counts as it is.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { clusterIP, headless, PATHS, slice } from '../e2e/objects.ts';
import type { ApiWriter } from './api-writer.ts';
import type { Asker } from './asker.ts';

export type ChangeKind = 'endpoints' | 'service';

export const CHANGE_KINDS: readonly ChangeKind[] = ['endpoints', 'service'];

export interface Changed {
  /** The new one, which is nobody else's. */
  readonly address: string;
  readonly acknowledgedAt: number;
  readonly changedAt: number;
}

export function elapsedMs({ acknowledgedAt, changedAt }: Changed): number {
  return changedAt - acknowledgedAt;
}

export interface ChangeOptions {
  readonly pauseMs?: number;
  readonly timeoutMs: number;
  /** After the old answer is known, before the write. */
  readonly waitMs?: number;
}

/** Between two changes, so that none meets what the one before it left to do. */
const REST_MS = 5;
const DOMAIN = 'shop.svc.cluster.local';

export class Changes {
  readonly #api: ApiWriter;
  #count = 0;

  constructor(api: ApiWriter) {
    this.#api = api;
  }

  /** A headless Service that has one address. */
  async prepare(service: string, address: string): Promise<void> {
    await this.#api.write('POST', PATHS.services, headless(service));
    await this.#api.write('POST', PATHS.slices, slice(service, address));
  }

  /** Asks until the resolver knows all that was written so far. */
  async catchUp(asker: Asker, service: string, timeoutMs: number): Promise<void> {
    const address = this.#nextAddress();
    await this.#api.write('PUT', `${PATHS.slices}/${service}-1`, slice(service, address));
    await asker.until({ name: `${service}.${DOMAIN}`, address, timeoutMs });
  }

  async one(kind: ChangeKind, asker: Asker, service: string, options: ChangeOptions) {
    const measured = kind === 'endpoints' ? this.#endpoints : this.#service;
    const changed = await measured.call(this, asker, service, options);
    await delay(REST_MS);
    return changed;
  }

  /** The EndpointSlice of the Service gets another address. */
  async #endpoints(asker: Asker, service: string, options: ChangeOptions): Promise<Changed> {
    const address = this.#nextAddress();
    const { old, changedAt } = asker.start({ name: `${service}.${DOMAIN}`, address, ...options });
    await old;
    if (options.waitMs !== undefined) await delay(options.waitMs);
    const path = `${PATHS.slices}/${service}-1`;
    const { acknowledgedAt } = await this.#api.write('PUT', path, slice(service, address));
    return { address, acknowledgedAt, changedAt: await changedAt };
  }

  /** A Service is made whose name was denied before. */
  async #service(asker: Asker, _service: string, options: ChangeOptions): Promise<Changed> {
    const count = ++this.#count;
    const name = `new-${count}`;
    const address = `10.96.${100 + Math.floor(count / 250)}.${1 + (count % 250)}`;
    const { old, changedAt } = asker.start({ name: `${name}.${DOMAIN}`, address, ...options });
    await old;
    if (options.waitMs !== undefined) await delay(options.waitMs);
    const { spec, ...rest } = clusterIP(name);
    const object = { ...rest, spec: { ...spec, clusterIP: address } };
    const { acknowledgedAt } = await this.#api.write('POST', PATHS.services, object);
    return { address, acknowledgedAt, changedAt: await changedAt };
  }

  #nextAddress(): string {
    const count = ++this.#count;
    return `10.1.${Math.floor(count / 250)}.${1 + (count % 250)}`;
  }
}
