/** What the bench of many clusters prints: for each kind of boot medians of its runs; changes. */
import { median } from './quantile.ts';
import type { Boot } from './scale-boot.ts';
import type { ChangeFigures } from './scale-changes.ts';
import { ENDPOINTS, SERVICES } from './scale-world.ts';

export const BOOT_HEADING =
  '  boot from    first answer   all known    denies       CPU       RSS      peak     table' +
  '      heap   KiB a service   an endpoint';

export function bootRow(title: string, all: readonly Boot[], clusters: number): string {
  const of = (figure: (boot: Boot) => number) => median(all.map(figure));
  const rss = of(({ memory }) => memory.rssMiB);
  const denied = of(({ deniedMs = Number.NaN }) => deniedMs);
  const kibibytes = (1024 * rss) / (clusters * SERVICES);
  return [
    `  ${title.padEnd(12)}`,
    seconds(of(({ firstMs }) => firstMs)).padStart(12),
    seconds(of(({ allMs }) => allMs)).padStart(11),
    (Number.isNaN(denied) ? '-' : seconds(denied)).padStart(9),
    `${of(({ cpuSeconds }) => cpuSeconds).toFixed(1)} s`.padStart(9),
    mebibytes(rss),
    mebibytes(of(({ memory }) => memory.peakMiB)),
    mebibytes(of(({ memory }) => memory.tableMiB)),
    mebibytes(of(({ memory }) => memory.heapMiB)),
    kibibytes.toFixed(2).padStart(15),
    (kibibytes / ENDPOINTS).toFixed(2).padStart(13),
  ].join(' ');
}

export function changeRows({ quiet, busy, ...figures }: ChangeFigures): readonly string[] {
  const { rate, seconds: length, cores, lagMs, latencies } = figures;
  const { p50, p99, worst } = latencies;
  const ms = (value: number) => `${value.toFixed(1)} ms`;
  const us = (value: number) => `${value.toFixed(0)} µs`;
  return [
    `  ${rate.toFixed(0)} changes a second for ${length.toFixed(0)} s: ` +
      `${cores.toFixed(2)} cores, ${((cores / rate) * 1e6).toFixed(0)} µs of CPU each; ` +
      `all read ${ms(lagMs)} after the last`,
    `    from the log to the answer: p50 ${ms(p50)}, p99 ${ms(p99)}, worst ${ms(worst)}`,
    `    queries, 5,000 a second: p50 ${us(quiet.p50Us)} → ${us(busy.p50Us)}, ` +
      `p99 ${us(quiet.p99Us)} → ${us(busy.p99Us)}, lost ${quiet.lost} → ${busy.lost}`,
  ];
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

function mebibytes(count: number): string {
  return `${count.toFixed(0)} MiB`.padStart(9);
}
