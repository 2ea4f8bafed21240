/** What differs between two states of a zone, in steps: others have their turn between them. */
import { formatRecord } from '../dns/presentation.ts';
import type { RR } from '../dns/rrset.ts';
import { recordsOf } from '../dns/rrset.ts';
import type { Zone, ZoneName } from './zone.ts';

/** The SOA is left out. */
export interface ZoneChanges {
  readonly removed: readonly RR[];
  readonly added: readonly RR[];
}

/** Names compared in one step: some milliseconds. */
const NAMES_PER_STEP = 1000;

export function* changesBetween(before: Zone, after: Zone): Generator<void, ZoneChanges> {
  const removed: RR[] = [];
  const added: RR[] = [];
  let left = NAMES_PER_STEP;
  for (const name of namesOfBoth(before, after)) {
    if (--left === 0) {
      yield;
      left = NAMES_PER_STEP;
    }
    const [old, now] = [byText(before.names.get(name)), byText(after.names.get(name))];
    for (const [text, record] of old) if (!now.has(text)) removed.push(record);
    for (const [text, record] of now) if (!old.has(text)) added.push(record);
  }
  return { removed, added };
}

function* namesOfBoth(before: Zone, after: Zone): Iterable<string> {
  yield* before.names.keys();
  for (const name of after.names.keys()) if (!before.names.has(name)) yield name;
}

/** All records of a name but the SOA, NS first. */
export function recordsAt({ rrsets, signatures }: ZoneName): readonly RR[] {
  const sets = [...rrsets, ...signatures.map(({ rrset }) => rrset)];
  const isNs = ({ type }: { readonly type: string }) => type === 'NS';
  return [...sets.filter(isNs), ...sets.filter((set) => !isNs(set))]
    .filter(({ type }) => type !== 'SOA')
    .flatMap(recordsOf);
}

function byText(at: ZoneName | undefined): ReadonlyMap<string, RR> {
  const records = at === undefined ? [] : recordsAt(at);
  return new Map(records.map((record) => [formatRecord(record), record]));
}
