import {
  argumentsOf,
  oneArgument,
  oneOf,
  onlyOne,
  type PropertyReaders,
  readProperties,
} from '../../../../libs/corefile/arguments.ts';
import type { ListenAddress } from '../../../../libs/corefile/listen-address.ts';
import { listenAddress } from '../../../../libs/corefile/listen-address.ts';
import { both } from '../../../../libs/corefile/wrongs.ts';
import { plainText } from '../../http-listeners.ts';
import type { Setup } from '../../plugin.ts';

/** CoreDNS's. */
const DEFAULT_ADDRESS: ListenAddress = { host: '', port: 8181 };

/** Says whether queries may come. No handler: queries pass it by. */
export const setup: Setup = (directives, { http, resolver }) => {
  const directive = onlyOne(directives);
  let latches = true;
  const readers: PropertyReaders = {
    monitor: (property) => {
      const modes = ['until-ready', 'continuously'] as const;
      const token = oneArgument(property, modes.join(' or '));
      latches = oneOf(token, 'mode', modes) === 'until-ready';
    },
  };
  const [address] = both(
    () => {
      const [argument] = argumentsOf(directive, 'at most an address', 0, 1);
      return argument === undefined ? DEFAULT_ADDRESS : listenAddress(argument);
    },
    () => readProperties(directive, readers),
  );
  let wasReady = false;
  http.serve(address, '/ready', async (query) => {
    if (resolver.isDraining()) return plainText(503, 'Shutting down\n');
    const waiting = wasReady && latches ? [] : resolver.waitingFor();
    wasReady ||= waiting.length === 0;
    const lines = [...waiting, ...(isVerbose(query) ? resolver.notes() : [])];
    if (waiting.length > 0) return plainText(503, `${lines.join('\n')}\n`);
    return plainText(200, ['OK', ...lines].join('\n'));
  });
  return { name: 'ready' };
};

/** As the API server of Kubernetes has it. */
function isVerbose(query: string): boolean {
  return new URLSearchParams(query).has('verbose');
}
