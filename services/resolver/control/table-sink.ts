/**
 * Names → the table in shared memory, in the views of the listeners that serve them. What goes in
 * here, readers answer; what does not fit is left to the chain, and counted.
 */
import type { RR } from '../../../libs/dns/rrset.ts';
import { answerOf, type Names } from '../../../libs/federation/names.ts';
import type { TableAnswer } from '../../../libs/table/table-answer.ts';
import type { TableWriter } from '../../../libs/table/table-writer.ts';
import type { NameSink } from './federation-view.ts';

export interface TableSinkOptions {
  readonly table: TableWriter;
  /** One for each listener that serves these zones. */
  readonly views: readonly number[];
  readonly zones: readonly string[];
  /** The number of the first zone in the table; the others follow. */
  readonly firstZone: number;
  /** Zones in which the next plugin is asked before a name is denied: the chain's business. */
  readonly fallthrough: (zone: string) => boolean;
  /** Whether addresses of one answer turn. */
  readonly rotate: boolean;
  /** The server block asks upstream for clients: RA. */
  readonly recursionAvailable: boolean;
}

export function createTableSink(options: TableSinkOptions): NameSink {
  const { table, views, zones, firstZone, rotate, recursionAvailable } = options;
  const zoneNumber = (zone: string) => firstZone + zones.indexOf(zone);
  return {
    setZone(zone, soa: RR, denies) {
      const complete = denies && !options.fallthrough(zone);
      table.setZone(zoneNumber(zone), { apex: zone, soa, complete, recursionAvailable });
    },
    put(zone, name, names) {
      const answers = answersOf(names, name, rotate, recursionAvailable);
      for (const view of views) table.put(name, view, zoneNumber(zone), answers);
    },
    remove(_zone, name) {
      for (const view of views) table.remove(name, view);
    },
  };
}

function answersOf(
  names: Names,
  name: string,
  rotate: boolean,
  recursionAvailable: boolean,
): readonly TableAnswer[] {
  return (names.get(name) ?? []).map((rrset) => ({
    type: rrset.type,
    authoritative: true,
    recursionAvailable,
    rotate: rotate && (rrset.type === 'A' || rrset.type === 'AAAA'),
    ...answerOf(names, rrset),
    authority: [],
  }));
}
