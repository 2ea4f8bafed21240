import type { NameSink } from './name-sink.ts';

/** Tells of each name once it is another in `sink`: who keeps others' answers forgets these. */
export function tellingSink<Sink extends NameSink>(
  sink: Sink,
  changed: (name: string) => void,
): Sink {
  return {
    ...sink,
    put(...[zone, name, names, isOpen]: Parameters<NameSink['put']>) {
      sink.put(zone, name, names, isOpen);
      changed(name);
    },
    remove(zone: string, name: string) {
      sink.remove(zone, name);
      changed(name);
    },
  };
}
