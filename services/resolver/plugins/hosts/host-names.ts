/** The names of a table of hosts as those that the chain answers: others may go round it. */
import { addressOfReverseName } from '../../../../libs/dns/address.ts';
import { parentName } from '../../../../libs/dns/name.ts';
import type { ChainNames, ChainNamesChange } from '../../chain-names.ts';
import type { HostTable } from './host-table.ts';

export class HostNames implements ChainNames {
  readonly #told: ((change: ChainNamesChange) => void)[] = [];
  /** Wildcards, by the name that they stand below. */
  #open: ReadonlySet<string> = new Set();
  #table: HostTable | undefined;

  has(name: string): boolean {
    const table = this.#table;
    if (table === undefined) return false;
    if (table.find(name) !== undefined) return true;
    const address = addressOfReverseName(name);
    return address !== undefined && table.isNamed(address);
  }

  isOpen(name: string): boolean {
    return this.#open.has(name);
  }

  *list(): Iterable<string> {
    yield* this.#table?.names() ?? [];
    yield* this.#open;
  }

  follow(told: (change: ChainNamesChange) => void): void {
    this.#told.push(told);
  }

  /** From now on these are the hosts: who follows is told of a few names with each step. */
  *replace(table: HostTable): Generator<void> {
    const before = this.#table;
    const openBefore = this.#open;
    this.#table = table;
    this.#open = new Set(table.wildcards.map((name) => parentName(name) ?? '.'));
    const opened = onlyInOne(openBefore, this.#open);
    let names: string[] = [];
    let left = NAMES_PER_SLICE;
    for (const name of changed(before, table)) {
      if (name !== undefined) names.push(name);
      if (--left > 0) continue;
      left = NAMES_PER_SLICE;
      this.#tell({ names, hasOthers: false });
      names = [];
      yield;
    }
    // Last: it may have all that is left put again.
    this.#tell({ names: [...names, ...opened], hasOthers: opened.length > 0 });
  }

  #tell(change: ChainNamesChange): void {
    if (change.names.length > 0) for (const told of this.#told) told(change);
  }
}

/** Names that are looked at between which others get a turn: 1 to 5 ms. */
const NAMES_PER_SLICE = 1000;

/** Of all names in turn: one that only one of them has, or undefined. */
function* changed(before: HostTable | undefined, now: HostTable): Generator<string | undefined> {
  for (const name of before?.names() ?? []) yield now.lists(name) ? undefined : name;
  for (const name of now.names()) yield before?.lists(name) === true ? undefined : name;
}

function onlyInOne(one: ReadonlySet<string>, other: ReadonlySet<string>): readonly string[] {
  return [...one, ...other].filter((name) => one.has(name) !== other.has(name));
}
