import { readFileSync } from 'node:fs';
import {
  argumentsOf,
  cannotRead,
  noArguments,
  oneArgument,
  onlyOne,
  type PropertyReaders,
  readProperties,
} from '../../../../libs/corefile/arguments.ts';
import { besideCorefile } from '../../../../libs/corefile/beside-corefile.ts';
import type { Token } from '../../../../libs/corefile/corefile.ts';
import type { ListenAddress } from '../../../../libs/corefile/listen-address.ts';
import { listenAddress } from '../../../../libs/corefile/listen-address.ts';
import { both } from '../../../../libs/corefile/wrongs.ts';
import { ServerKeys, whyNoServerKeys } from '../../../../libs/tls/server-keys.ts';
import type { PageSecurity } from '../../http-listeners.ts';
import type { Setup, SetupContext } from '../../plugin.ts';
import { readWebConfig } from './web-config.ts';

/** CoreDNS's. */
const DEFAULT_ADDRESS: ListenAddress = { host: 'localhost', port: 9153 };

/** Shows what was counted. No handler: the server and the plugins count by themselves. */
export const setup: Setup = (directives, context) => {
  const { http, metrics } = context;
  const directive = onlyOne(directives);
  let security: PageSecurity | undefined;
  let showsRuntime = false;
  const readers: PropertyReaders = {
    runtime_metrics: (property) => {
      noArguments(property);
      showsRuntime = true;
    },
    tls: (property) => {
      security = readSecurity(oneArgument(property, 'a file'), context);
    },
  };
  const [address] = both(
    () => {
      const [argument] = argumentsOf(directive, 'at most an address', 0, 1);
      return argument === undefined ? DEFAULT_ADDRESS : listenAddress(argument);
    },
    () => readProperties(directive, readers),
  );
  const page = async () => ({
    status: 200,
    contentType: metrics.contentType,
    text: await metrics.text(),
  });
  http.serve(address, '/metrics', page, security);
  return {
    name: 'prometheus',
    // What measures begins with the block that is used, not with one that is only looked at.
    opened: () => {
      if (showsRuntime) metrics.showRuntime();
    },
  };
};

function readSecurity(file: Token, { log, root }: SetupContext): PageSecurity {
  const path = besideCorefile(file, file.text, root);
  try {
    const { asksClients, ...files } = readWebConfig(readFileSync(path, 'utf8'), path);
    const why = whyNoServerKeys(files);
    if (why !== undefined) throw new Error(why);
    const tell = (text: string) => `plugin/prometheus: ${text}`;
    const keys = new ServerKeys(files, {
      info: (text) => log.info(tell(text)),
      warning: (text) => log.warning(tell(text)),
    });
    return { keys, asksClients };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const [is = '', expected = 'a web configuration of Prometheus'] = why.split('; expected ');
    throw cannotRead(file, 'file', is, expected);
  }
}
