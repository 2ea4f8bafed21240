/** What is counted of zones of files; `file` and `auto` have the same. */
import type { Metrics } from '../../../libs/telemetry/metrics.ts';
import type { FileZone } from './file-zone.ts';

export interface ZoneMetrics {
  count(zone: string, outcome: 'loaded' | 'failed'): void;
  follow(zone: FileZone): void;
}

export function zoneMetrics(metrics: Metrics, server: string): ZoneMetrics {
  const reloads = metrics.counter({
    name: 'isthmus_file_reloads_total',
    help: 'Zone files that were read since they are new or changed.',
    labels: ['zone', 'outcome'],
  });
  const serial = metrics.gauge({
    name: 'isthmus_file_zone_serial',
    help: 'The serial of the zone that is served; 0 while there is none.',
    labels: ['server', 'zone'],
  });
  return {
    count: (zone, outcome) => reloads.add([zone, outcome]),
    follow: (zone) => serial.follow([server, zone.zone], () => zone.serial),
  };
}
