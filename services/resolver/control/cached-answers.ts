/**
 * What plugins keep of others' answers → the table, in the views of the listeners that serve their
 * block, so that readers give it until it expires.
 *
 *   cache ─► keep(name, answer) ─► views whose questions of that name are the block's ─► table
 *     ▲                                                                                   │
 *     └── takeHits ◄──────────────────────────────────────────── readers count in entries ┘
 *
 * Which listeners there are is known when all blocks are set up; what is kept before is not stored.
 * While one configuration follows another there are those of both.
 */
import { RCODE } from '../../../libs/dns/iana.ts';
import { longestZone } from '../../../libs/dns/name.ts';
import { readCacheHits } from '../../../libs/table/counters.ts';
import { GROUPS_MAX } from '../../../libs/table/layout.ts';
import type { TableWriter } from '../../../libs/table/table-writer.ts';
import type { Block, Listener } from '../block.ts';
import { routeOfAll } from '../block.ts';
import type { CachedAnswers } from '../plugin.ts';
import type { QueryGroups } from '../query-groups.ts';
import { inTurns } from '../steps.ts';

/** Whose answers they are, in metrics. */
const PLUGIN = 'cache';
/** Shared by all that got no number of their own: nobody's hits can be told from it. */
const SHARED_GROUP = GROUPS_MAX - 1;

/** For a block that no table serves. */
export const NO_CACHED_ANSWERS: CachedAnswers = {
  keep: () => false,
  forget: () => {},
  takeHits: () => 0,
  ourZones: () => [],
  follow: () => () => {},
  hits: () => ({ success: 0, denial: 0 }),
};

/** Listeners by the view that their clients see. */
export interface Views {
  entries(): Iterable<readonly [view: number, listener: Listener]>;
}

/** Zones whose names are put into the table when they become ours, and the views where. */
interface Ours {
  readonly zones: readonly string[];
  readonly views: readonly number[];
}

/** Who keeps answers of others for a block, and hears of its own names. */
interface Follower {
  readonly blockOf: () => Block | undefined;
  readonly tell: (name: string) => void;
}

type Hits = ReturnType<typeof readCacheHits>;

interface Place {
  readonly view: number;
  readonly server: string;
  readonly zone: string;
}

export class CachedAnswersTable {
  readonly #table: TableWriter;
  readonly #groups: QueryGroups;
  readonly #listeners = new Map<number, Listener>();
  readonly #ours = new WeakMap<Block, Ours>();
  readonly #followers = new Set<Follower>();

  constructor(table: TableWriter, groups: QueryGroups) {
    this.#table = table;
    this.#groups = groups;
  }

  /** Who serves from now on, beside those that do already. */
  serveOn(views: Views): void {
    for (const [view, listener] of views.entries()) this.#listeners.set(view, listener);
  }

  /** Nobody asks in this view any more. */
  leave(view: number): void {
    this.#listeners.delete(view);
  }

  /**
   * A cached answer gives way when its name becomes the block's own, where its own names are put.
   * In other views of the block it would stay, so none is kept there.
   */
  giveWayTo(block: Block, ours: Ours): void {
    this.#ours.set(block, ours);
  }

  /** A name (in lower case) that the block has itself is another now, or gone. */
  changed(block: Block, name: string): void {
    for (const { blockOf, tell } of this.#followers) if (blockOf() === block) tell(name);
  }

  /** The answers of one block, which is undefined for as long as it is being set up. */
  of(blockOf: () => Block | undefined): CachedAnswers {
    const table = this.#table;
    /** What readers had given of a group before this block kept anything in it. */
    const groups = new Map<number, Hits>();
    const places = (name: string, type: string) => this.#places(blockOf(), name, type);
    return {
      keep: (name, answer) => {
        const block = blockOf();
        // A plugin above who kept it may know better: the walk of autopath begins with a denial.
        if (answer.rcode === RCODE.NXDOMAIN && block?.tableDenies === false) return false;
        if (isFailure(answer.rcode ?? RCODE.NOERROR) && block?.leavesFailures === true)
          return false;
        if (block?.chainNames?.has(name) === true) return false;
        const rotate = turnsAddresses(blockOf());
        let isStored = false;
        for (const { view, server, zone } of places(name, answer.type)) {
          const group = this.#groups.numberOf({ server, zone, plugin: PLUGIN });
          if (!groups.has(group)) groups.set(group, readCacheHits(table.memory, group));
          if (table.keep(name, view, group, { ...answer, rotate }) === 'stored') isStored = true;
        }
        return isStored;
      },
      forget(name, type) {
        for (const { view } of places(name, type)) table.forget(name, view, type);
      },
      takeHits(name, type) {
        let sum = 0;
        for (const { view } of places(name, type)) sum += table.takeHits(name, view, type);
        return sum;
      },
      ourZones: () => this.#ourZones(),
      follow: (tell) => {
        const follower = { blockOf, tell };
        this.#followers.add(follower);
        return () => this.#followers.delete(follower);
      },
      hits() {
        let [success, denial] = [0, 0];
        for (const [group, before] of groups) {
          if (group === SHARED_GROUP) continue;
          const hits = readCacheHits(table.memory, group);
          success += hits.success - before.success;
          denial += hits.denial - before.denial;
        }
        return { success, denial };
      },
    };
  }

  /** What is cached of names that a plugin of this block answers from now on is forgotten. */
  followChainNames(block: Block): void {
    const serves = ({ blocks }: Listener) => [...blocks.values()].flat().includes(block);
    block.chainNames?.follow(({ names, hasOthers }) => {
      for (const [view, listener] of this.#listeners) {
        if (!serves(listener)) continue;
        for (const name of names) this.#table.forget(name, view);
        if (hasOthers) void inTurns(this.#table.dropCached(view));
      }
    });
  }

  #ourZones(): readonly string[] {
    const blocks = [...this.#listeners.values()].flatMap((one) => [...one.blocks.values()].flat());
    return [...new Set(blocks)].flatMap((block) => this.#ours.get(block)?.zones ?? []);
  }

  /** The views in which this question is the block's: its zones differ by listener. */
  #places(block: Block | undefined, name: string, type: string): readonly Place[] {
    if (block?.tableCapable !== true) return [];
    const places: Place[] = [];
    for (const [view, { server, blocks }] of this.#listeners.entries()) {
      const route = routeOfAll(blocks, name, type);
      if (route?.block !== block || this.#wouldStay(block, name, view)) continue;
      places.push({ view, server, zone: route.zone });
    }
    return places;
  }

  #wouldStay(block: Block, name: string, view: number): boolean {
    const ours = this.#ours.get(block);
    if (ours === undefined || ours.views.includes(view)) return false;
    return longestZone(name, ours.zones) !== undefined;
  }
}

function isFailure(rcode: number): boolean {
  return rcode !== RCODE.NOERROR && rcode !== RCODE.NXDOMAIN;
}

/** As `loadbalance` does for what the chain answers. */
function turnsAddresses(block: Block | undefined): boolean {
  return block?.plugins.some(({ name }) => name === 'loadbalance') === true;
}
