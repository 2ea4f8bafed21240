/**
 * Every plugin's setup, with nothing opened behind them: a Corefile can be checked, and no more.
 */
import { SILENT } from '../../libs/telemetry/log.ts';
import { Metrics } from '../../libs/telemetry/metrics.ts';
import { setups } from '../../services/isthmus/setups.ts';
import type { ConfigurationDependencies } from '../../services/resolver/configuration.ts';
import { createAutopathSetup } from '../../services/resolver/plugins/autopath/setup.ts';
import type { FederationOptions } from '../../services/resolver/plugins/federation/options.ts';
import { createForwardSetup } from '../../services/resolver/plugins/forward/setup.ts';
import { createTlsSetup } from '../../services/resolver/plugins/tls/setup.ts';

/** `told` hears what each federation directive says. */
export function givenSetups(
  told: (options: FederationOptions) => void = () => {},
): ConfigurationDependencies {
  const runtime = {
    layersOf: () => [],
    lookup: () => ({ kind: 'outside' }) as const,
    states: new Map(),
    zoneSource: () => undefined,
    waitingFor: () => [],
    notes: () => [],
    start: async () => {},
    stop: async () => {},
  };
  const clusters = {
    openFederation: (options: FederationOptions) => {
      told(options);
      return runtime;
    },
    openStanzas: () => runtime,
    runtimeOf: () => runtime,
  };
  const autopath = createAutopathSetup(() => 'search example.org');
  const forward = createForwardSetup(() => 'nameserver 192.0.2.53');
  const tls = createTlsSetup({ every: () => () => {}, whyNot: () => undefined });
  return {
    log: SILENT,
    metrics: new Metrics(),
    setups: { ...setups(undefined, clusters), autopath, forward, tls },
  };
}
