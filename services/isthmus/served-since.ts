/**
 * Since which serial zones are served by the options of now: events say what changed in a cluster,
 * not what other options made of it. Whoever has a zone of before gets it whole.
 *
 *   start ─► heads of the logs ─┬─ the file has the same logs and options ─► since when it says
 *                               └─ else ─► since the heads, and the file says so from now on
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EventLog } from '../../libs/log/log.ts';
import type { Log } from '../../libs/telemetry/log.ts';

export interface ServedAs {
  /** Where, and which zones: the same after a restart. */
  readonly place: unknown;
  /** All that decides on the records beside the log. */
  readonly options: unknown;
}

interface Known {
  /** Of the logs. */
  readonly incarnations: string;
  readonly options: string;
  readonly since: number;
}

export class ServedSince {
  readonly #directory: string;
  readonly #log: Log;

  constructor(directory: string, log: Log) {
    this.#directory = directory;
    this.#log = log;
  }

  /** Throws LogUnavailable. */
  async of({ place, options }: ServedAs, logs: readonly EventLog[]): Promise<number> {
    const heads = await Promise.all(logs.map((log) => log.head()));
    const now: Known = {
      incarnations: heads.map(({ incarnation }) => incarnation).join(),
      options: digest(options),
      // As zones have it: the sum of the positions.
      since: heads.reduce((sum, { position }) => (sum + position) % 2 ** 32, 0),
    };
    const file = join(this.#directory, `${digest(place)}.json`);
    const known = read(file);
    const isSame = known?.incarnations === now.incarnations && known.options === now.options;
    if (isSame) return known.since;
    this.#write(file, now);
    return now.since;
  }

  #write(file: string, known: Known): void {
    try {
      mkdirSync(this.#directory, { recursive: true });
      writeFileSync(`${file}.new`, JSON.stringify(known));
      renameSync(`${file}.new`, file);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#log.warning(`after the next start, secondaries get their zones whole: ${why}`);
    }
  }
}

/** Undefined: there is none that this program could have written. */
function read(file: string): Known | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof value !== 'object' || value === null) return undefined;
    if (!('incarnations' in value && 'options' in value && 'since' in value)) return undefined;
    const { incarnations, options, since } = value;
    if (typeof incarnations !== 'string' || typeof options !== 'string') return undefined;
    return typeof since === 'number' ? { incarnations, options, since } : undefined;
  } catch {
    return undefined;
  }
}

function digest(value: unknown): string {
  const text = JSON.stringify(value, (_key, one: unknown) =>
    one instanceof Set || one instanceof Map ? [...one] : one,
  );
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
