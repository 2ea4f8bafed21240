/**
 * Every plugin's setup, with nothing opened behind them: a Corefile can be checked, and no more.
 */
import { SILENT } from '../../libs/telemetry/log.ts';
import { Metrics } from '../../libs/telemetry/metrics.ts';
import { setups } from '../../services/isthmus/setups.ts';
import type { ConfigurationDependencies } from '../../services/resolver/configuration.ts';
import { createAutopathSetup } from '../../services/resolver/plugins/autopath/setup.ts';
import type { FederationOptions } from '../../services/resolver/plugins/federation/options.ts';
import { federationSetup } from '../../services/resolver/plugins/federation/setup.ts';
import { createForwardSetup } from '../../services/resolver/plugins/forward/setup.ts';

/** `told` hears what each federation directive says. */
export function givenSetups(
  told: (options: FederationOptions) => void = () => {},
): ConfigurationDependencies {
  const federation = federationSetup((options) => {
    told(options);
    return {
      lookup: () => ({ kind: 'outside' }),
      waitingFor: () => [],
      start: async () => {},
      stop: async () => {},
    };
  });
  const autopath = createAutopathSetup(() => 'search example.org');
  const forward = createForwardSetup(() => 'nameserver 192.0.2.53');
  return {
    log: SILENT,
    metrics: new Metrics(),
    setups: { ...setups(undefined, federation), autopath, forward },
  };
}
