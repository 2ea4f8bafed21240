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
    return address !== undefined && table.namesOf(address).length > 0;
  }

  isOpen(name: string): boolean {
    return this.#open.has(name);
  }

  *list(): Iterable<string> {
    for (const name of this.#table?.names() ?? []) if (!isWildcard(name)) yield name;
    yield* this.#open;
  }

  follow(told: (change: ChainNamesChange) => void): void {
    this.#told.push(told);
  }

  /** From now on these are the hosts. */
  replace(table: HostTable): void {
    const before = new Set(this.list());
    const openBefore = this.#open;
    this.#table = table;
    this.#open = new Set(
      [...table.names()].filter(isWildcard).map((name) => parentName(name) ?? '.'),
    );
    const now = new Set(this.list());
    const names = differences(before, now);
    const hasOthers = differences(openBefore, this.#open).length > 0;
    if (names.length === 0 && !hasOthers) return;
    for (const told of this.#told) told({ names, hasOthers });
  }
}

/** What only one of them has. */
function differences(one: ReadonlySet<string>, other: ReadonlySet<string>): readonly string[] {
  const only = (some: ReadonlySet<string>, others: ReadonlySet<string>) =>
    [...some].filter((name) => !others.has(name));
  return [...only(one, other), ...only(other, one)];
}

function isWildcard(name: string): boolean {
  return name.startsWith('*.');
}
