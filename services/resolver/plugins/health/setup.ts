import { setTimeout as sleep } from 'node:timers/promises';
import { argumentsOf, oneArgument, readProperties } from '../../../../libs/corefile/arguments.ts';
import type { Directive } from '../../../../libs/corefile/corefile.ts';
import { durationMs } from '../../../../libs/corefile/duration.ts';
import type { ListenAddress } from '../../../../libs/corefile/listen-address.ts';
import { listenAddress } from '../../../../libs/corefile/listen-address.ts';
import { both, each } from '../../../../libs/corefile/wrongs.ts';
import { plainText } from '../../http-listeners.ts';
import type { Plugin, Setup, SetupContext } from '../../plugin.ts';
import { SelfProbe, type SelfProbeDependencies } from './self-probe.ts';

/** CoreDNS's. */
const DEFAULT_ADDRESS: ListenAddress = { host: '', port: 8080 };
/** Longest lameduck: an hour; Kubernetes kills long before. */
const LAMEDUCK_MS_MAX = 3_600_000;

/** With the clock of the machine. */
export const setup: Setup = createHealthSetup({
  nowMs: () => performance.now(),
  every: (ms, work) => {
    const timer = setInterval(() => void work(), ms);
    timer.unref();
    return () => clearInterval(timer);
  },
});

type Clocks = Pick<SelfProbeDependencies, 'nowMs' | 'every'>;

/** Says that the process lives, and makes the end of it wait. No handler: queries pass it by. */
export function createHealthSetup(clocks: Clocks): Setup {
  return (directives, context) => setUp(directives, context, clocks);
}

function setUp(
  directives: readonly Directive[],
  { http, log, metrics }: SetupContext,
  clocks: Clocks,
): Plugin {
  let address = DEFAULT_ADDRESS;
  let lameduckMs = 0;
  const argument = (directive: Directive) => {
    const [given] = argumentsOf(directive, 'at most an address', 0, 1);
    if (given !== undefined) address = listenAddress(given);
  };
  const properties = (directive: Directive) =>
    readProperties(directive, {
      lameduck: (property) => {
        const token = oneArgument(property, 'a duration');
        lameduckMs = durationMs(token, 'lameduck', 0, LAMEDUCK_MS_MAX);
      },
    });
  each(directives, (directive) =>
    both(
      () => argument(directive),
      () => properties(directive),
    ),
  );
  http.serve(address, '/health', async () => plainText(200, 'OK'));
  const probe = new SelfProbe(address, { log, metrics, ...clocks });
  return {
    name: 'health',
    opened: () => probe.start(),
    stop: async () => probe.stop(),
    async drain() {
      if (lameduckMs === 0) return;
      log.info(`plugin/health: going into lameduck for ${lameduckMs / 1000}s`);
      await sleep(lameduckMs);
    },
  };
}
