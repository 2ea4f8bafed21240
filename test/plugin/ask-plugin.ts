import { RCODE } from '../../libs/dns/iana.ts';
import { type Message, queryMessage } from '../../libs/dns/message.ts';
import { lowerName } from '../../libs/dns/name.ts';
import type { Plugin } from '../../services/resolver/plugin.ts';
import type { Client, Next, Query } from '../../services/resolver/query.ts';
import { emptyResponse, type Response } from '../../services/resolver/response.ts';

const CLIENT: Client = { address: '192.0.2.7', port: 5353, transport: 'udp' };
const refused: Next = async () => emptyResponse(RCODE.REFUSED);

/** A query as it comes to a plugin. */
export function queryOf(
  name: string,
  type: string,
  change: Partial<Message> = {},
  client: Partial<Client> = {},
): Query {
  const question = { name, type, class: 1 };
  const message = queryMessage(name, type, { id: 0x1234, ...change });
  return { message, question, name: lowerName(name), client: { ...CLIENT, ...client } };
}

/** What a plugin answers; by default nobody comes after it. */
export async function askPlugin(
  plugin: Plugin,
  name: string,
  type: string,
  next: Next = refused,
): Promise<Response> {
  const query = queryOf(name, type);
  return plugin.handle?.(query, next) ?? next(query);
}
