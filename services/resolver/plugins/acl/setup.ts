import { BlockList } from 'node:net';
import { argumentsOf, cannotRead, zonesOr } from '../../../../libs/corefile/arguments.ts';
import { ConfigurationError } from '../../../../libs/corefile/configuration-error.ts';
import type { Property, Token } from '../../../../libs/corefile/corefile.ts';
import { addNetwork } from '../../../../libs/corefile/network.ts';
import { both, each } from '../../../../libs/corefile/wrongs.ts';
import { typeName, typeNumber } from '../../../../libs/dns/iana.ts';
import type { Setup } from '../../plugin.ts';
import { createAclMetrics } from './acl-metrics.ts';
import { createAcl } from './handler.ts';
import { ACTIONS, type Policy } from './rule.ts';

/** Zones of a directive, and words of a policy. */
const WORDS_MAX = 10_000;
const SECTIONS = ['type', 'net'] as const;
type Section = (typeof SECTIONS)[number];

/** Each directive of a server block is a rule, in file order. */
export const setup: Setup = (directives, { log, metrics, server, view, zones }) => {
  const rules = each(directives, (directive) => {
    const [own, policies] = both(
      () => zonesOr(argumentsOf(directive, 'zones', 0, WORDS_MAX), zones),
      () => each(directive.block ?? [], readPolicy),
    );
    return { zones: own, policies };
  });
  return createAcl(rules, log, createAclMetrics(metrics, server, view));
};

function readPolicy(property: Property): Policy {
  const action = ACTIONS.find((each) => each === property.name.toLowerCase());
  if (action === undefined) {
    throw new ConfigurationError(
      property,
      `Cannot use the action "${property.name}": it is unknown; ` +
        `expected one of ${ACTIONS.join(', ')}`,
    );
  }
  const tokens: Record<Section, Token[]> = { type: [], net: [] };
  let section: Token | undefined;
  let words: Token[] | undefined;
  for (const token of argumentsOf(property, 'type TYPES, net SOURCES', 0, WORDS_MAX)) {
    const named = SECTIONS.find((each) => each === token.text.toLowerCase());
    if (named === undefined) {
      if (words === undefined) throw cannotRead(token, 'word', 'it is unknown', 'type or net');
      words.push(token);
      section = undefined;
      continue;
    }
    if (section !== undefined) throw emptySection(section);
    section = token;
    words = tokens[named];
  }
  if (section !== undefined) throw emptySection(section);
  return { action, types: readTypes(tokens.type), sources: readSources(tokens.net) };
}

function emptySection(section: Token): ConfigurationError {
  return cannotRead(section, 'section', 'it is empty', 'what it is about, or *');
}

const isAll = (tokens: readonly Token[]) =>
  tokens.length === 0 || tokens.some(({ text }) => text === '*');

function readTypes(tokens: readonly Token[]): ReadonlySet<string> | undefined {
  const types = tokens.filter(({ text }) => text !== '*').map(readType);
  return isAll(tokens) ? undefined : new Set(types);
}

function readType(token: Token): string {
  const number = typeNumber(token.text);
  if (number === undefined) throw cannotRead(token, 'type', 'it is unknown', 'A, TYPE65280 or *');
  return typeName(number);
}

function readSources(tokens: readonly Token[]): BlockList | undefined {
  const sources = new BlockList();
  for (const token of tokens) {
    if (token.text !== '*') addNetwork(sources, token, 'source', '10.0.0.0/8, an address or *');
  }
  return isAll(tokens) ? undefined : sources;
}
