import { argumentsOf, onlyOne, readProperties } from '../../../../libs/corefile/arguments.ts';
import type { ListenAddress } from '../../../../libs/corefile/listen-address.ts';
import { listenAddress } from '../../../../libs/corefile/listen-address.ts';
import type { Setup } from '../../plugin.ts';

/** CoreDNS's. */
const DEFAULT_ADDRESS: ListenAddress = { host: 'localhost', port: 9153 };
const NOT_YET = ['runtime_metrics', 'tls'];

/** Shows what was counted. No handler: the server and the plugins count by themselves. */
export const setup: Setup = (directives, { http, metrics }) => {
  const directive = onlyOne(directives);
  const [argument] = argumentsOf(directive, 'at most an address', 0, 1);
  const address = argument === undefined ? DEFAULT_ADDRESS : listenAddress(argument);
  readProperties(directive, {}, NOT_YET);
  http.serve(address, '/metrics', async () => ({
    status: 200,
    contentType: metrics.contentType,
    text: await metrics.text(),
  }));
  return { name: 'prometheus' };
};
