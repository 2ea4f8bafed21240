/** What templates may say of a query, under CoreDNS's names, which are Go's. */
import { typeNumber } from '../../../../libs/dns/iana.ts';
import type { Match, Pattern } from '../../../../libs/regex/pattern.ts';
import type { Shape, Value } from '../../../../libs/text-template/value.ts';
import { BOOLEAN, INTEGER, STRING } from '../../../../libs/text-template/value.ts';
import type { Query } from '../../query.ts';

/** A query that a rule takes. */
export interface Matched {
  readonly query: Query;
  /** Of the rule. */
  readonly zone: string;
  readonly className: string;
  /** The type asked for; the rule's where any is. */
  readonly type: string;
  readonly pattern: Pattern;
  readonly match: Match;
  /** Of `var`, by name. */
  readonly variables: ReadonlyMap<string, Value>;
}

const QUESTION: Shape = {
  kind: 'struct',
  fields: { Name: STRING, Qtype: INTEGER, Qclass: INTEGER },
};

const MESSAGE: Shape = {
  kind: 'struct',
  fields: {
    Id: INTEGER,
    Response: BOOLEAN,
    Opcode: INTEGER,
    Authoritative: BOOLEAN,
    Truncated: BOOLEAN,
    RecursionDesired: BOOLEAN,
    RecursionAvailable: BOOLEAN,
    AuthenticatedData: BOOLEAN,
    CheckingDisabled: BOOLEAN,
    Rcode: INTEGER,
    Question: { kind: 'list', of: QUESTION },
  },
};

/** What there is where the names are matched by these patterns, and what `.Var` is. */
export function shapeFor(patterns: readonly Pattern[], variables: Shape): Shape {
  const keys = new Set(patterns.flatMap(({ names }) => [...names.keys()]));
  return {
    kind: 'struct',
    fields: {
      Zone: STRING,
      Name: STRING,
      Class: STRING,
      Type: STRING,
      Match: { kind: 'list', of: STRING },
      Group: { kind: 'dictionary', of: STRING, keys },
      Regex: STRING,
      Remote: STRING,
      Question: QUESTION,
      Message: MESSAGE,
      Var: variables,
      Meta: { kind: 'method', arguments: 1, gives: STRING },
    },
  };
}

export function valuesOf(matched: Matched): Value {
  const { query, zone, className, type, pattern, match, variables } = matched;
  return {
    fields: {
      Zone: zone,
      Name: query.name,
      Class: className,
      Type: type,
      Match: match.groups,
      Group: groupsOf(pattern, match),
      Regex: pattern.source,
      Remote: query.client.address,
      get Question() {
        return questionOf(query);
      },
      get Message() {
        return messageOf(query);
      },
      Var: { fields: Object.fromEntries(variables) },
      Meta: ([label]) => query.metadata?.get(String(label))?.() ?? '',
    },
  };
}

/** By number, and by name where there is one. */
function groupsOf({ names }: Pattern, { groups }: Match): Value {
  const byNumber = groups.map((text, i) => [String(i), text] as const);
  const byName = [...names].map(([name, number]) => [name, groups[number] ?? ''] as const);
  return new Map([...byNumber, ...byName]);
}

function questionOf({ question }: Query): Value {
  const Qtype = BigInt(typeNumber(question.type) ?? 0);
  return { fields: { Name: question.name, Qtype, Qclass: BigInt(question.class) } };
}

function messageOf(query: Query): Value {
  const { id, opcode, rcode, flags } = query.message;
  return {
    fields: {
      Id: BigInt(id),
      Response: flags.response,
      Opcode: BigInt(opcode),
      Authoritative: flags.authoritative,
      Truncated: flags.truncated,
      RecursionDesired: flags.recursionDesired,
      RecursionAvailable: flags.recursionAvailable,
      AuthenticatedData: flags.authenticData,
      CheckingDisabled: flags.checkingDisabled,
      Rcode: BigInt(rcode),
      Question: [questionOf(query)],
    },
  };
}
