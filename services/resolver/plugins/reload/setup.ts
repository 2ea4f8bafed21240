/**
 * Looks now and then whether the Corefile says something else. What becomes of it then is the
 * process's business: this is when. No handler: queries pass it by.
 */
import { argumentsOf, onlyOne, readProperties } from '../../../../libs/corefile/arguments.ts';
import type { Token } from '../../../../libs/corefile/corefile.ts';
import { durationMs } from '../../../../libs/corefile/duration.ts';
import type { Setup } from '../../plugin.ts';

/** CoreDNS's: less is as much. */
const INTERVAL_MS = { default: 30_000, least: 2000 } as const;
const JITTER_MS = { default: 15_000, least: 1000 } as const;
/** A day: who looks less often may as well restart. */
const MS_MAX = 86_400_000;

export interface ReloadSetupDependencies {
  /** Looks at the file, and follows it if it says something else. */
  readonly check: () => void;
  /** From 0 to below 1. */
  readonly random: () => number;
  /** Calls `work` every so many milliseconds; gives what ends that. */
  readonly every: (ms: number, work: () => void) => () => void;
}

export function createReloadSetup({ check, random, every }: ReloadSetupDependencies): Setup {
  return (directives) => {
    const directive = onlyOne(directives);
    const [interval, jitter] = argumentsOf(directive, 'at most an interval and a jitter', 0, 2);
    readProperties(directive, {});
    const intervalMs = read(interval, 'interval', INTERVAL_MS);
    // Jitter is chosen once, so that the servers of a cluster do not all look at the same time.
    const jitterMs = Math.min(read(jitter, 'jitter', JITTER_MS), intervalMs / 2);
    const everyMs = intervalMs + (random() - 0.5) * jitterMs;
    let stop = () => {};
    return {
      name: 'reload',
      async start() {
        stop = every(everyMs, check);
      },
      async stop() {
        stop();
      },
    };
  };
}

/** 0 of a jitter is none. */
function read(
  token: Token | undefined,
  what: 'interval' | 'jitter',
  ms: { readonly default: number; readonly least: number },
): number {
  if (token === undefined) return ms.default;
  const given = durationMs(token, what, 0, MS_MAX);
  return given === 0 && what === 'jitter' ? 0 : Math.max(given, ms.least);
}
