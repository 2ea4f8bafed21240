/**
 * The zones of a folder, as its files come, change and go.
 *
 *   look ─► files ─┬─ a new one ──► read ─► served, or SERVFAIL while it is wrong
 *                  ├─ as before ──► read again when it changed
 *                  └─ one is gone ► its zone too
 */
import { longestZone } from '../../../../libs/dns/name.ts';
import { FileZone } from '../../zone-files/file-zone.ts';
import { lookAfter, type ZoneTelling } from '../../zone-files/look-after.ts';
import { servedAs } from '../../zone-files/served-zones.ts';
import { contentsOf, type ZoneFolder } from './zone-folder.ts';

export interface AutoOptions {
  /** What zones may be in. */
  readonly within: readonly string[];
  readonly folder: ZoneFolder;
  readonly goneNamesMax?: number;
}

export interface AutoDependencies extends ZoneTelling {
  /** Since 1970. */
  readonly wallMs: () => number;
  /** A zone is followed from now on. */
  readonly follow: (zone: FileZone) => void;
  /** Zones came or went. */
  readonly changed: (origins: readonly string[]) => void;
}

/** Zones that are gone, and known again if they come back: secondaries follow them still. */
const GONE_MAX = 1000;
/** Names of all of these, some 600 octets each. */
const GONE_NAMES_MAX = 200_000;
/** Sentences that were told; who has more of them hears some again. */
const TOLD_MAX = 1000;

export class AutoZones {
  readonly #options: AutoOptions;
  readonly #dependencies: AutoDependencies;
  readonly #zones = new Map<string, FileZone>();
  readonly #gone = new Map<string, FileZone>();
  #told: ReadonlySet<string> = new Set();
  #isLooking = false;

  constructor(options: AutoOptions, dependencies: AutoDependencies) {
    this.#options = options;
    this.#dependencies = dependencies;
  }

  /** By origin. */
  get zones(): ReadonlyMap<string, FileZone> {
    return this.#zones;
  }

  async look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      await this.#look();
    } finally {
      this.#isLooking = false;
    }
  }

  async #look(): Promise<void> {
    const { within, folder } = this.#options;
    const { files, wrong, isWhole } = await contentsOf(folder);
    const mine = [...files].filter(([origin]) => longestZone(origin, within) !== undefined);
    const others = [...files].filter(([origin]) => longestZone(origin, within) === undefined);
    this.#tell([
      ...wrong,
      ...others.map(([origin, path]) => `"${path}" is left out: ${origin} is in none of its zones`),
    ]);
    for (const [origin, path] of mine) await this.#have(origin, path);
    if (isWhole) this.#drop(new Set(mine.map(([origin]) => origin)));
  }

  async #have(origin: string, path: string): Promise<void> {
    const there = this.#zones.get(origin);
    const zone = there ?? this.#gone.get(origin) ?? this.#create(origin, path);
    if (zone.options.path !== path) zone.moveTo(path);
    await lookAfter(zone, this.#dependencies);
    if (there !== undefined) return;
    this.#gone.delete(origin);
    this.#zones.set(origin, zone);
    this.#dependencies.changed([origin]);
  }

  #create(origin: string, path: string): FileZone {
    const { wallMs, follow } = this.#dependencies;
    const options = { origin, path, byMtime: false };
    const zone = servedAs(options) ?? new FileZone(options, wallMs);
    follow(zone);
    return zone;
  }

  #drop(left: ReadonlySet<string>): void {
    const { log, plugin, changed } = this.#dependencies;
    for (const [origin, zone] of this.#zones) {
      if (left.has(origin)) continue;
      this.#zones.delete(origin);
      this.#gone.set(origin, zone);
      log.info(`plugin/${plugin}: ${origin} is gone, as is "${zone.options.path}"`);
      changed([origin]);
    }
    this.#forget();
  }

  /** The oldest of those that are gone, if they are too many. */
  #forget(): void {
    const { goneNamesMax = GONE_NAMES_MAX } = this.#options;
    let names = 0;
    for (const { current } of this.#gone.values()) names += current?.names.size ?? 0;
    for (const [origin, zone] of this.#gone) {
      if (this.#gone.size <= GONE_MAX && names <= goneNamesMax) break;
      this.#gone.delete(origin);
      names -= zone.current?.names.size ?? 0;
      zone.forget();
    }
  }

  /** Each sentence once, for as long as it is true. */
  #tell(sentences: readonly string[]): void {
    const { log, plugin } = this.#dependencies;
    for (const sentence of sentences) {
      if (!this.#told.has(sentence)) log.warning(`plugin/${plugin}: ${sentence}`);
    }
    this.#told = new Set(sentences.slice(0, TOLD_MAX));
  }
}
