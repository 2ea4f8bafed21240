/** `--at` of a command line: a position of a log, or a time. */
import { UsageError } from '../flags.ts';

export type Moment =
  | { readonly kind: 'position'; readonly position: number }
  | { readonly kind: 'time'; readonly atMs: number };

const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const SPAN = /^(?:\d{1,9}[smhd])+$/;
const SPAN_PART = /(\d+)([smhd])/g;
/** With its offset: a time without one means another moment on another machine. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/i;
const EXPECTED = 'a position as 118, a time as 2026-11-29T03:12:00Z, or how long ago as 10m';

/** Throws UsageError. */
export function readMoment(text: string, nowMs: number): Moment {
  if (/^\d{1,15}$/.test(text)) return { kind: 'position', position: Number(text) };
  const atMs = SPAN.test(text) ? nowMs - spanMs(text) : TIME.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(atMs)) {
    throw new UsageError(`Cannot use --at "${text}": it is no moment; expected ${EXPECTED}`);
  }
  if (atMs > nowMs) {
    throw new UsageError(`Cannot use --at "${text}": it is in the future; expected ${EXPECTED}`);
  }
  return { kind: 'time', atMs };
}

export function momentText(moment: Moment): string {
  return moment.kind === 'position'
    ? `position ${moment.position}`
    : new Date(moment.atMs).toISOString();
}

function spanMs(text: string): number {
  let sum = 0;
  for (const [, count, unit = ''] of text.matchAll(SPAN_PART)) {
    sum += Number(count) * (UNIT_MS[unit] ?? Number.NaN);
  }
  return sum;
}
