import type { NameSink } from './name-sink.ts';

/** What goes to one sink goes to the other as well: the table, and who hands out whole zones. */
export function teeSinks(one: NameSink, other: NameSink): NameSink {
  return {
    setZone(zone, soa, denies) {
      one.setZone(zone, soa, denies);
      other.setZone(zone, soa, denies);
    },
    put(zone, name, names, isOpen) {
      one.put(zone, name, names, isOpen);
      other.put(zone, name, names, isOpen);
    },
    remove(zone, name) {
      one.remove(zone, name);
      other.remove(zone, name);
    },
    settle(zone, soa) {
      one.settle?.(zone, soa);
      other.settle?.(zone, soa);
    },
  };
}
