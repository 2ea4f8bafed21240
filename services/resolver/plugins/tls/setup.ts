import {
  argumentsOf,
  oneArgument,
  oneOf,
  onlyOne,
  readProperties,
} from '../../../../libs/corefile/arguments.ts';
import { besideCorefile } from '../../../../libs/corefile/beside-corefile.ts';
import { ConfigurationError } from '../../../../libs/corefile/configuration-error.ts';
import type { Directive } from '../../../../libs/corefile/corefile.ts';
import type { ClientAuth } from '../../../../libs/socket/tls-acceptor.ts';
import { ServerKeys, whyNoServerKeys } from '../../../../libs/tls/server-keys.ts';
import type { Setup } from '../../plugin.ts';

export interface TlsDependencies {
  /** Calls again and again, until what it gives is called. */
  readonly every: (ms: number, work: () => Promise<void>) => () => void;
  /** Why files can't be used; undefined when they can. */
  readonly whyNot?: typeof whyNoServerKeys;
}

/** Between two looks whether files changed: those who renew do it weeks before it is needed. */
const LOOK_MS = 5000;
const EXPECTED = 'a certificate, its private key and at most a CA, in files of PEM form';
const CLIENT_AUTHS: readonly ClientAuth[] = [
  'nocert',
  'request',
  'require',
  'verify_if_given',
  'require_and_verify',
];
/** Of CoreDNS: secrets of connections in a file, for who debugs. */
const MISSING = ['keylog'];
/** Of CoreDNS: a certificate that it has made itself. */
const ACME = ['acme', 'email', 'ca', 'storage', 'ca_root', 'resolver'];

/** Who its listeners are to clients: no handler, only keys. */
export function createTlsSetup({ every, whyNot = whyNoServerKeys }: TlsDependencies): Setup {
  return (directives, { block, log, metrics, root }) => {
    const directive = onlyOne(directives);
    const paths = pathsOf(directive, root);
    let clientAuth: ClientAuth = 'nocert';
    const client_auth = (property: Parameters<typeof oneArgument>[0]) => {
      clientAuth = oneOf(oneArgument(property, 'a policy'), 'client_auth', CLIENT_AUTHS);
    };
    readProperties(directive, { client_auth }, MISSING);
    const why = whyNot(paths);
    if (why !== undefined) throw new ConfigurationError(directive, why);
    if (!block.keys.some(({ scheme }) => scheme !== 'dns')) {
      const where = `${directive.file}:${directive.line}`;
      log.warning(`plugin/tls: ${where} does nothing: no key is "tls://ZONE" or "https://ZONE"`);
    }
    const tell = {
      info: (text: string) => log.info(`plugin/tls: ${text}`),
      warning: (text: string) => log.warning(`plugin/tls: ${text}`),
    };
    const keys = new ServerKeys(paths, tell);
    const expires = metrics.gauge({
      name: 'isthmus_tls_certificate_expiry_timestamp_seconds',
      help: 'When the certificate that clients are given expires.',
      labels: ['file'],
    });
    let stop = () => {};
    return {
      name: 'tls',
      security: { keys, clientAuth },
      async start() {
        await keys.look();
        expires.follow([paths.cert], () => keys.expiresMs / 1000);
        stop = every(LOOK_MS, () => keys.look());
      },
      async stop() {
        stop();
      },
    };
  };
}

function pathsOf(directive: Directive, root: string | undefined) {
  const acme = directive.block?.find(({ name }) => ACME.includes(name));
  if (directive.args.length === 0 && acme !== undefined) {
    const is = 'CoreDNS gets certificates with it, we do not yet';
    throw new ConfigurationError(acme, `Cannot use "${acme.name}" of tls: ${is}; expected files`);
  }
  const tokens = argumentsOf(directive, EXPECTED, 2, 3);
  const [cert = '', key = '', ca] = tokens.map((token) => besideCorefile(token, token.text, root));
  return { cert, key, ca };
}
