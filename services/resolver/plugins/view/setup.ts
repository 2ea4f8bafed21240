import {
  argumentsOf,
  oneArgument,
  onlyOne,
  readProperties,
} from '../../../../libs/corefile/arguments.ts';
import { ConfigurationError } from '../../../../libs/corefile/configuration-error.ts';
import type { Property } from '../../../../libs/corefile/corefile.ts';
import { compile } from '../../../../libs/expression/expression.ts';
import { ExpressionError } from '../../../../libs/expression/expression-error.ts';
import type { Expression } from '../../../../libs/expression/value.ts';
import type { Plugin, Setup, View } from '../../plugin.ts';
import type { Query } from '../../query.ts';
import { QUERY_FUNCTIONS } from '../../query-functions.ts';

/** Words of one expression. */
const WORDS_MAX = 10_000;

export const setup: Setup = (directives): Plugin => {
  const directive = onlyOne(directives);
  const name = oneArgument(directive, 'the name of the view').text;
  const conditions: Expression<Query>[] = [];
  readProperties(directive, { expr: (property) => conditions.push(readCondition(property)) });
  const view: View = { name, takes: (query) => conditions.every((one) => holds(one, query)) };
  return { name: 'view', view, metadata: () => [['view/name', () => name]] };
};

function readCondition(property: Property): Expression<Query> {
  const words = argumentsOf(property, 'an expression', 1, WORDS_MAX);
  const text = words.map((word) => word.text).join(' ');
  const refused = (is: string) =>
    new ConfigurationError(
      property,
      `Cannot read the expression "${text.slice(0, 100)}": ${is}; expected one that is true or ` +
        "false, as incidr(client_ip(), '10.0.0.0/8')",
    );
  try {
    const condition = compile(text, QUERY_FUNCTIONS);
    if (condition.type === 'boolean' || condition.type === 'any') return condition;
    throw refused(`it is a ${condition.type}`);
  } catch (error) {
    if (error instanceof ExpressionError) throw refused(error.message);
    throw error;
  }
}

/** What can't be said is not true: the query is looked for in the next server block. */
function holds(condition: Expression<Query>, query: Query): boolean {
  try {
    return condition.evaluate(query) === true;
  } catch (error) {
    if (error instanceof ExpressionError) return false;
    throw error;
  }
}
