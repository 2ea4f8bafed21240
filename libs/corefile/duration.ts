/** Durations as Go writes them: `5s`, `1m30s`, `500ms`, `0`. */
import { cannotRead } from './arguments.ts';
import type { Token } from './corefile.ts';

const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

const PARTS = /^(?:\d+(?:\.\d*)?(?:ns|us|µs|μs|ms|s|m|h))+$/;
const PART = /(\d+(?:\.\d*)?)(ns|us|µs|μs|ms|s|m|h)/g;

/** A duration within limits, in milliseconds. */
export function durationMs(token: Token, what: string, leastMs: number, mostMs: number): number {
  if (token.text !== '0' && !PARTS.test(token.text)) {
    throw cannotRead(token, what, 'it is no duration', 'a number with a unit: 500ms, 5s, 1m30s');
  }
  let sum = 0;
  for (const [, number, unit] of token.text.matchAll(PART)) {
    sum += Number(number) * (UNIT_MS[unit ?? ''] ?? Number.NaN);
  }
  if (sum >= leastMs && sum <= mostMs) return sum;
  throw cannotRead(token, what, 'it is out of range', `${text(leastMs)} to ${text(mostMs)}`);
}

function text(ms: number): string {
  for (const unit of ['h', 'm', 's']) {
    const size = UNIT_MS[unit] ?? 1;
    if (ms >= size && ms % size === 0) return `${ms / size}${unit}`;
  }
  return ms === 0 ? '0' : `${ms}ms`;
}
