import { randomInt } from 'node:crypto';
import {
  argumentsOf,
  cannotRead,
  oneArgument,
  readProperties,
  zonesOr,
} from '../../../../libs/corefile/arguments.ts';
import { ConfigurationError } from '../../../../libs/corefile/configuration-error.ts';
import type { Directive, Property } from '../../../../libs/corefile/corefile.ts';
import { each } from '../../../../libs/corefile/wrongs.ts';
import { readZones } from '../../../../libs/corefile/zone.ts';
import { parseAddress } from '../../../../libs/dns/address.ts';
import type { TsigKey } from '../../../../libs/dns/tsig.ts';
import type { Setup, SetupContext } from '../../plugin.ts';
import { exchange } from './exchange.ts';
import type { Grant } from './handler.ts';
import { createTransfer } from './handler.ts';
import type { NotifierDependencies } from './notifier.ts';
import type { Recipient } from './recipient.ts';
import { readRecipient } from './recipient.ts';

/** Zones, or recipients, that one line may name. */
const ARGUMENTS_MAX = 1000;

type Outside = Pick<NotifierDependencies, 'after' | 'exchange' | 'nowSeconds' | 'randomId'>;

/** With the network and the clock of the machine. */
export const setup: Setup = createTransferSetup({
  after,
  exchange,
  nowSeconds: () => Math.floor(Date.now() / 1000),
  randomId: () => randomInt(2 ** 16),
});

export function createTransferSetup(outside: Outside): Setup {
  return (directives, context) => {
    const responses = context.metrics.counter({
      name: 'isthmus_transfer_responses_total',
      help: 'Responses to AXFR and IXFR: the zone, its changes, its SOA alone, or a refusal.',
      labels: ['zone', 'kind'],
    });
    const notifies = context.metrics.counter({
      name: 'isthmus_transfer_notifies_total',
      help: 'Servers told of a change: they answered, or were silent.',
      labels: ['zone', 'outcome'],
    });
    return createTransfer(
      each(directives, (directive) => readGrant(directive, context)),
      {
        count: (zone, kind) => responses.add([zone, kind]),
        notifier: {
          ...outside,
          log: context.log,
          count: (zone, outcome) => notifies.add([zone, outcome]),
        },
      },
    );
  };
}

function readGrant(directive: Directive, { zones, tsigKeys }: SetupContext): Grant {
  const tokens = argumentsOf(directive, 'zones', 0, ARGUMENTS_MAX);
  const to: Recipient[] = [];
  let source: string | undefined;
  readProperties(directive, {
    to: (property) => to.push(...readTo(property, tsigKeys)),
    source: (property) => {
      const token = oneArgument(property, 'an IP address');
      source = parseAddress(token.text)?.text;
      if (source === undefined) throw cannotRead(token, 'source', 'it is no address', 'an address');
    },
  });
  if (to.length === 0) {
    throw new ConfigurationError(
      directive,
      'Cannot use "transfer": it names nobody; expected to ADDRESS..., or to *',
    );
  }
  return { zones: zonesOr(tokens, zones), to, source };
}

/** `to ADDRESS... [key NAME]` */
function readTo(property: Property, keys: ReadonlyMap<string, TsigKey>): readonly Recipient[] {
  const args = argumentsOf(property, 'addresses', 1, ARGUMENTS_MAX);
  const at = args.findIndex(({ text }) => text === 'key');
  if (at < 0) return args.map((token) => readRecipient(token, undefined));
  const [word, name, excess] = args.slice(at);
  if (at === 0 || name === undefined || excess !== undefined) {
    throw new ConfigurationError(
      word ?? property,
      'Cannot read "to": its key is misplaced; expected to ADDRESS... key NAME',
    );
  }
  const key = keys.get(readZones(name)[0] ?? '');
  if (key === undefined) {
    throw cannotRead(name, 'key', 'tsig has no such key here', 'one that a secret of tsig names');
  }
  return args.slice(0, at).map((token) => readRecipient(token, key));
}

/** Keeps nothing alive. */
function after(ms: number, work: () => void): () => void {
  const timer = setTimeout(work, ms);
  timer.unref();
  return () => clearTimeout(timer);
}
