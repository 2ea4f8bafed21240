import { setTimeout as sleep } from 'node:timers/promises';
import {
  argumentsOf,
  oneArgument,
  onlyOne,
  readProperties,
} from '../../../../libs/corefile/arguments.ts';
import { durationMs } from '../../../../libs/corefile/duration.ts';
import type { ListenAddress } from '../../../../libs/corefile/listen-address.ts';
import { listenAddress } from '../../../../libs/corefile/listen-address.ts';
import { plainText } from '../../http-listeners.ts';
import type { Setup } from '../../plugin.ts';

/** CoreDNS's. */
const DEFAULT_ADDRESS: ListenAddress = { host: '', port: 8080 };
/** Longest lameduck: an hour; Kubernetes kills long before. */
const LAMEDUCK_MS_MAX = 3_600_000;

/** Says that the process lives, and makes the end of it wait. No handler: queries pass it by. */
export const setup: Setup = (directives, { http, log }) => {
  const directive = onlyOne(directives);
  const [argument] = argumentsOf(directive, 'at most an address', 0, 1);
  const address = argument === undefined ? DEFAULT_ADDRESS : listenAddress(argument);
  let lameduckMs = 0;
  readProperties(directive, {
    lameduck: (property) => {
      const token = oneArgument(property, 'a duration');
      lameduckMs = durationMs(token, 'lameduck', 0, LAMEDUCK_MS_MAX);
    },
  });
  http.serve(address, '/health', async () => plainText(200, 'OK'));
  return {
    name: 'health',
    async drain() {
      if (lameduckMs === 0) return;
      log.info(`plugin/health: going into lameduck for ${lameduckMs / 1000}s`);
      await sleep(lameduckMs);
    },
  };
};
