import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { noArguments, noBlock, onlyOne } from '../../../../libs/corefile/arguments.ts';
import type { Setup } from '../../plugin.ts';
import { createLoop, type LoopDependencies } from './handler.ts';

/** With chance and time of the machine; waiting keeps nothing alive. */
export const setup: Setup = createLoopSetup({
  random: () => randomInt(2 ** 48 - 1).toString(36),
  wait: (ms, signal) => delay(ms, undefined, { ref: false, signal }).catch(() => {}),
});

export function createLoopSetup(dependencies: Pick<LoopDependencies, 'random' | 'wait'>): Setup {
  return (directives, { fail, log, zones }) => {
    const directive = onlyOne(directives);
    noArguments(directive);
    noBlock(directive);
    return createLoop(zones[0] ?? '.', directive, { ...dependencies, fail, log });
  };
}
