import { createLog } from '../../libs/telemetry/log.ts';
import { Metrics } from '../../libs/telemetry/metrics.ts';
import { NO_CACHED_ANSWERS } from '../../services/resolver/control/cached-answers.ts';
import { HttpListeners } from '../../services/resolver/http-listeners.ts';
import type { SetupContext } from '../../services/resolver/plugin.ts';

type TestedContext = SetupContext & { readonly http: HttpListeners };

/** What the setup of a plugin gets, and the lines that it writes. */
export function setupContext(change: Partial<TestedContext> = {}) {
  const lines: string[] = [];
  const context: TestedContext = {
    log: createLog((line) => lines.push(line)),
    metrics: new Metrics(),
    zones: ['.'],
    server: 'dns://:53',
    view: '',
    http: new HttpListeners(),
    resolver: { waitingFor: () => [], notes: () => [], isDraining: () => false },
    cachedAnswers: NO_CACHED_ANSWERS,
    block: { file: 'Corefile', line: 1, keys: [], directives: [] },
    tsigKeys: new Map(),
    origin: () => 'origin',
    fail: (error) => lines.push(`failed: ${error.message}`),
    ...change,
  };
  return { context, lines };
}
