/** What a watcher says of itself, as plain data: to be printed, and read by metrics. */
import type { ObjectKind } from '../../libs/event/object.ts';
import type { Position } from '../../libs/log/log.ts';
import type { Log } from '../../libs/telemetry/log.ts';
import type { Held } from './holds.ts';
import type { Ledger } from './ledger.ts';
import type { Outbox } from './outbox.ts';
import type { WhyToTakeOver } from './standby.ts';

export interface WatcherStatus {
  readonly cluster: string;
  readonly state: /** Reads its log. */
    | 'starting'
    /**
     * Is the writer; the source has not listed everything yet, or the log was not told all of it.
     */
    | 'listing'
    /** Is the writer, and holds back removals that have to be confirmed. */
    | 'holding'
    /** Is the writer, and Synced stands in the log. */
    | 'synced'
    /** Another watcher is the writer. */
    | 'standby'
    /** The log can't be reached. */
    | 'waiting';
  /** Of its log; '' before it was read. */
  readonly incarnation: string;
  /** Up to here the log is known; 0 before it was read. */
  readonly position: Position;
  /** Objects that the source has, by kind, with those whose removal is held. */
  readonly counts: Readonly<Partial<Record<ObjectKind, number>>>;
  /** Changes that the log was not told yet. */
  readonly untold: number;
  /** Removals that a list asks for, and that are held until another confirms them. */
  readonly held: Held | undefined;
  /** How often another writer took over, since the start of this process. */
  readonly deposals: number;
  readonly lastTrouble: string | undefined;
}

export class StatusBoard {
  readonly #cluster: string;
  readonly #log: Log;
  #role: 'starting' | 'writer' | 'standby' = 'starting';
  #ledger: Ledger | undefined;
  #outbox: Outbox | undefined;
  #incarnation = '';
  #deposals = 0;
  #isHolding = false;
  #whyUnreachable: string | undefined;
  #lastTrouble: string | undefined;

  constructor(cluster: string, log: Log) {
    this.#cluster = cluster;
    this.#log = log;
  }

  status(): WatcherStatus {
    if (this.#role === 'standby') this.#outbox?.hasUntold();
    return {
      cluster: this.#cluster,
      state: this.#state(),
      incarnation: this.#incarnation,
      position: this.#outbox?.position ?? 0,
      counts: this.#ledger?.counts() ?? {},
      untold: this.#outbox?.size ?? 0,
      held: this.#ledger?.held,
      deposals: this.#deposals,
      lastTrouble: this.#lastTrouble,
    };
  }

  starting(): void {
    this.#role = 'starting';
  }

  watching(ledger: Ledger, outbox: Outbox, role: 'writer' | 'standby', incarnation: string): void {
    this.#ledger = ledger;
    this.#incarnation = incarnation;
    this.#isHolding = false;
    this.#outbox = outbox;
    this.#role = role;
    const { position } = outbox;
    if (role === 'writer') this.#info(`writes to its log from position ${position}`);
  }

  standingBy(): void {
    if (this.#role === 'writer') this.#deposals++;
    this.#role = 'standby';
    this.#info('stands by: another watcher writes to the log of this cluster');
  }

  takingOver(why: WhyToTakeOver): void {
    this.#info(
      why === 'silence'
        ? 'takes over: the log was not told what this watcher saw'
        : 'takes over: its log was made anew, or has lost its end',
    );
  }

  /** After whatever may have changed it. */
  heldMayHaveChanged(): void {
    const held = this.#ledger?.held;
    if ((held !== undefined) === this.#isHolding) return;
    this.#isHolding = held !== undefined;
    if (held === undefined) {
      this.#info('holds back no removals any more');
      return;
    }
    this.#log.warning(
      `watcher/${this.#cluster}: a list lacks ${held.count} of ${held.of} objects. ` +
        `They stay until a list in a minute lacks them too; "isthmus release ${this.#cluster}" ` +
        'is sooner',
    );
  }

  /** Undefined: it can be reached again. */
  unreachable(why: string | undefined): void {
    if ((why === undefined) !== (this.#whyUnreachable === undefined)) {
      if (why === undefined) this.#info('reaches its log again');
      else this.#log.warning(`watcher/${this.#cluster}: waits for its log: ${why}`);
    }
    this.#whyUnreachable = why;
    if (why !== undefined) this.#lastTrouble = why;
  }

  /** The source has told people already: in one sentence, not in one for each kind. */
  sourceTrouble(why: string): void {
    this.#lastTrouble = why;
  }

  trouble(why: string): void {
    // It may be said at each attempt; people need to hear it once.
    if (why !== this.#lastTrouble) this.#log.warning(`watcher/${this.#cluster}: ${why}`);
    this.#lastTrouble = why;
  }

  #state(): WatcherStatus['state'] {
    if (this.#whyUnreachable !== undefined) return 'waiting';
    if (this.#role !== 'writer') return this.#role;
    if (this.#ledger?.held !== undefined) return 'holding';
    return this.#ledger?.isSynced === true ? 'synced' : 'listing';
  }

  #info(text: string): void {
    this.#log.info(`watcher/${this.#cluster}: ${text}`);
  }
}
