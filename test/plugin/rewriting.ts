import assert from 'node:assert/strict';
import { RCODE, rcodeName } from '../../libs/dns/iana.ts';
import type { Message } from '../../libs/dns/message.ts';
import { formatRecord, parseRecord } from '../../libs/dns/presentation.ts';
import { compose } from '../../services/resolver/chain.ts';
import { setup } from '../../services/resolver/plugins/rewrite/setup.ts';
import type { Client, Query } from '../../services/resolver/query.ts';
import { emptyResponse, type Response } from '../../services/resolver/response.ts';
import { queryOf } from './ask-plugin.ts';
import { directives } from './directives.ts';
import { setupContext } from './setup-context.ts';

/**
 * What is known below the plugin, by `name TYPE`: records of ANSWER as zone-file text. Else each
 * name has an address.
 */
export type World = Readonly<Record<string, readonly string[] | Partial<Response>>>;

export interface AskedWith {
  readonly message?: Partial<Message>;
  readonly client?: Partial<Client>;
  readonly query?: Partial<Query>;
}

/** The plugin over a world: what is asked there, and what the client gets. */
export function rewriting(lines: string, world: World = {}) {
  const plugin = setup(directives(lines), setupContext().context);
  const queries: Query[] = [];
  const below = async (query: Query): Promise<Response> => {
    queries.push(query);
    const { question, name } = query;
    const known = world[`${name} ${question.type}`] ?? [`${question.name} 60 IN A 192.0.2.1`];
    const said = { ...emptyResponse(RCODE.NOERROR), authenticData: true };
    return 'at' in known ? { ...said, answer: known.map(parseRecord) } : { ...said, ...known };
  };
  const chain = compose([plugin], below);
  return {
    plugin,
    /** All queries that came to the world. */
    queries,
    /** The same, as `name TYPE`. */
    asked: () => queries.map(({ name, question }) => `${name} ${question.type}`),
    async ask(asked: string, { message, client, query }: AskedWith = {}): Promise<Response> {
      const [name = '', type = 'A'] = asked.split(' ');
      return chain({ ...queryOf(name, type, message, client), askServer: chain, ...query });
    },
  };
}

/** Records of all sections as zone-file text. */
export function recordsOf({ answer, authority, additional }: Response): readonly string[] {
  return [...answer, ...authority, ...additional].map(formatRecord);
}

/** The last query, whose message must ask the same. */
export function lastOf(queries: readonly Query[]): Query {
  const query = queries.at(-1);
  assert.ok(query !== undefined);
  assert.deepEqual(query.message.question, query.question);
  assert.equal(query.name, query.question.name.toLowerCase());
  return query;
}

/** The response code, and what is in ANSWER. */
export function saidBy({ rcode, answer }: Response): string {
  return [rcodeName(rcode), ...answer.map(formatRecord)].join(' | ');
}
