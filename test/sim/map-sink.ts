/** What a resolver's table would have, as a map; a witness looks at each name that is put. */
import { isWithin } from '../../libs/dns/name.ts';
import type { NamedSet } from '../../libs/federation/names.ts';
import type { NameSink } from '../../services/resolver/control/name-sink.ts';

export interface PutName {
  readonly zone: string;
  readonly name: string;
  readonly rrsets: readonly NamedSet[];
}

interface Zone {
  readonly serial: number;
  readonly denies: boolean;
}

export class MapSink {
  readonly zones = new Map<string, Zone>();
  readonly names = new Map<string, readonly NamedSet[]>();
  /** Grows with each change. */
  changes = 0;
  readonly sink: NameSink;

  constructor(onPut: (put: PutName) => void, onZone: (zone: string, serial: number) => void) {
    this.sink = {
      setZone: (zone, { rdata }, denies) => {
        const serial = Number(rdata.split(' ')[2]);
        if (this.zones.get(zone)?.denies !== denies) this.changes++;
        this.zones.set(zone, { serial, denies });
        onZone(zone, serial);
      },
      put: (zone, name, names) => {
        const rrsets = names.get(name) ?? [];
        this.changes++;
        this.names.set(name, rrsets);
        onPut({ zone, name, rrsets });
      },
      remove: (_zone, name) => {
        this.changes++;
        this.names.delete(name);
      },
    };
  }

  /** Whether readers would say that there is no such address, without asking the chain. */
  denies(name: string): boolean {
    const rrsets = this.names.get(name);
    if (rrsets?.some(({ type, isStale }) => type === 'A' || isStale === true)) return false;
    for (const [zone, { denies }] of this.zones) if (isWithin(name, zone)) return denies;
    return false;
  }

  /** All of it as text, by name, without what says where in the logs it is. */
  shown(): ReadonlyMap<string, string> {
    const shown = new Map<string, string>();
    for (const [zone, { denies }] of this.zones) shown.set(`zone ${zone}`, `denies: ${denies}`);
    for (const [name, rrsets] of this.names) {
      const texts = rrsets
        .filter(({ type }) => type !== 'SOA')
        .map(({ type, ttl, rdatas, isStale }) =>
          [type, ttl, isStale === true ? 'stale' : '', ...[...rdatas].sort()].join(' '),
        );
      shown.set(name, texts.sort().join('; '));
    }
    return shown;
  }
}
