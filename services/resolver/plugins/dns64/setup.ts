import {
  argumentsOf,
  cannotRead,
  noArguments,
  oneArgument,
  readProperties,
} from '../../../../libs/corefile/arguments.ts';
import type { Directive, Token } from '../../../../libs/corefile/corefile.ts';
import { both, each } from '../../../../libs/corefile/wrongs.ts';
import type { Setup } from '../../plugin.ts';
import { createDns64 } from './handler.ts';
import { type Prefix, readPrefix } from './prefix.ts';

/** The well-known one (RFC 6052 § 2.1). */
const DEFAULT: Prefix = {
  octets: Uint8Array.of(0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0),
  bits: 96,
};

export const setup: Setup = (directives, { metrics, server }) => {
  let prefix = DEFAULT;
  let translatesAll = false;
  let allowsIpv4 = false;
  const argument = (directive: Directive) => {
    const [given] = argumentsOf(directive, 'at most a prefix', 0, 1);
    if (given !== undefined) prefix = prefixOf(given);
  };
  const properties = (directive: Directive) =>
    readProperties(directive, {
      prefix: (property) => {
        prefix = prefixOf(oneArgument(property, 'a prefix'));
      },
      translate_all: (property) => {
        noArguments(property);
        translatesAll = true;
      },
      allow_ipv4: (property) => {
        noArguments(property);
        allowsIpv4 = true;
      },
    });
  each(directives, (directive) =>
    both(
      () => argument(directive),
      () => properties(directive),
    ),
  );
  const translated = metrics.counter({
    name: 'coredns_dns64_requests_translated_total',
    help: 'Answers with AAAA records that were made of A records.',
    labels: ['server'],
  });
  const onTranslated = () => translated.add([server]);
  return createDns64({ prefix, translatesAll, allowsIpv4, onTranslated });
};

function prefixOf(token: Token): Prefix {
  const prefix = readPrefix(token.text);
  if (prefix !== undefined) return prefix;
  const expected = 'a network of 32, 40, 48, 56, 64 or 96 bits, as in 64:ff9b::/96';
  throw cannotRead(token, 'prefix', 'it is none of a NAT64', expected);
}
