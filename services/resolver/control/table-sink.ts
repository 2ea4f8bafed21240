/**
 * Names → the table in shared memory, in the views of the listeners that serve them. What goes in
 * here, readers answer; what does not fit is left to the chain, and counted.
 */
import type { RR } from '../../../libs/dns/rrset.ts';
import { answerOf, isForTable, type Names } from '../../../libs/federation/names.ts';
import { ZONES_MAX } from '../../../libs/table/layout.ts';
import type { TableAnswer } from '../../../libs/table/table-answer.ts';
import type { TableWriter } from '../../../libs/table/table-writer.ts';
import type { HandingOverSink } from './chain-names-sink.ts';

export interface TableSinkOptions {
  readonly table: TableWriter;
  /** One for each listener that serves these zones. */
  readonly views: readonly number[];
  readonly zones: readonly string[];
  /** The number of the first zone in the table; the others follow, for one view after another. */
  readonly firstZone: number;
  /** Under which labels readers count the answers of a zone (query-groups.ts). */
  readonly groupOf?: (view: number, zone: string) => number;
  /** False: denials are the chain's business, since a plugin may know better. */
  readonly denies?: boolean;
  /** Whether addresses of one answer turn. */
  readonly rotate: boolean;
  /** The server block asks upstream for clients: RA. */
  readonly recursionAvailable: boolean;
  /** A name whose records no message can hold; the chain fails for it alone. */
  readonly onUnencodable?: (name: string, why: string) => void;
  /** The first name that found no room: it and those after it are the chain's. */
  readonly onFull?: (name: string) => void;
}

export function createTableSink(options: TableSinkOptions): HandingOverSink {
  const { table, views, zones, firstZone, rotate, recursionAvailable, groupOf = () => 0 } = options;
  const numbers = views.length * zones.length;
  if (firstZone + numbers > ZONES_MAX) {
    throw new RangeError(
      `Cannot serve ${zones.length} zones on ${views.length} listeners from the table: that is ` +
        `${numbers}; expected at most ${ZONES_MAX - firstZone}`,
    );
  }
  // Each view has zones of its own, since the labels of its listener are another group's.
  const zoneNumber = (zone: string, place: number) =>
    firstZone + place * zones.length + zones.indexOf(zone);
  let isFull = false;
  const tellFull = (name: string) => {
    if (!isFull) options.onFull?.(name);
    isFull = true;
  };
  return {
    setZone(zone, soa: RR, denies) {
      const complete = denies && options.denies !== false;
      for (const [place, view] of views.entries()) {
        const group = groupOf(view, zone);
        const block = { apex: zone, soa, complete, recursionAvailable, group };
        table.setZone(zoneNumber(zone, place), block);
      }
    },
    put(zone, name, names, isOpen = false) {
      const handOver = !isForTable(names, name);
      const answers = handOver ? [] : answersOf(names, name, rotate, recursionAvailable);
      for (const [place, view] of views.entries()) {
        const number = zoneNumber(zone, place);
        try {
          const how = { handOver, handOverBelow: isOpen };
          if (table.put(name, view, number, answers, how) === 'full') tellFull(name);
        } catch (error) {
          // One name of a cluster must not cost the others: those behind it would never be told.
          if (!(error instanceof RangeError)) throw error;
          options.onUnencodable?.(name, error.message);
          leaveToChain(table, name, view, number);
        }
      }
    },
    handOver(zone, name, isOpen) {
      for (const [place, view] of views.entries()) {
        leaveToChain(table, name, view, zoneNumber(zone, place), isOpen);
      }
    },
    has: (name) => views.some((view) => table.has(name, view)),
    remove(_zone, name) {
      for (const view of views) {
        try {
          table.remove(name, view);
        } catch (error) {
          if (!(error instanceof RangeError)) throw error; // no name on the wire: never was there
        }
      }
    },
  };
}

/** A name that is none on the wire can't be asked for either. */
function leaveToChain(
  ...[table, name, view, zone, isOpen = false]: readonly [
    table: TableWriter,
    name: string,
    view: number,
    zone: number,
    isOpen?: boolean,
  ]
): void {
  try {
    table.put(name, view, zone, [], { handOver: true, handOverBelow: isOpen });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
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
