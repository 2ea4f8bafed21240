/** The name of a port that with its underscore is no label: some worlds have one. */
import type { Random } from './random.ts';

/** Seldom, of a hundred: CoreDNS hands no zone out that has one. */
const SELDOM = 1;

export function withLongName(random: Random, names: readonly string[]): readonly string[] {
  return names.map((name, i) => (i === 0 && random.percent(SELDOM) ? 'p'.repeat(63) : name));
}
