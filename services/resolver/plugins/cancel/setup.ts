import { argumentsOf, noBlock, onlyOne } from '../../../../libs/corefile/arguments.ts';
import { durationMs } from '../../../../libs/corefile/duration.ts';
import type { Setup } from '../../plugin.ts';
import { type After, createCancel } from './handler.ts';

/** In ms. Longer than 5 s, after which clients give up: CoreDNS's. */
const TIMEOUT_MS_DEFAULT = 5001;
const TIMEOUT_MS_MAX = 3_600_000;

/** With the clock of the machine. */
export const setup: Setup = createCancelSetup((ms, work) => {
  const timer = setTimeout(work, ms);
  return () => clearTimeout(timer);
});

export function createCancelSetup(after: After): Setup {
  return (directives) => {
    const directive = onlyOne(directives);
    noBlock(directive);
    const [timeout] = argumentsOf(directive, 'at most a duration', 0, 1);
    const timeoutMs =
      timeout === undefined
        ? TIMEOUT_MS_DEFAULT
        : durationMs(timeout, 'timeout', 1, TIMEOUT_MS_MAX);
    return createCancel(timeoutMs, after);
  };
}
