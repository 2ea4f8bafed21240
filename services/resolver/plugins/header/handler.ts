/** Flags of queries and replies as the operator wants them. */
import type { Plugin } from '../../plugin.ts';
import type { ReplyFlags } from '../../response.ts';

export interface HeaderOptions {
  readonly query: ReplyFlags;
  readonly response: ReplyFlags;
}

export function createHeader({ query, response }: HeaderOptions): Plugin {
  return {
    name: 'header',
    // The table has the flags of what it was given.
    seesEveryQuery: true,
    async handle(asked, next) {
      const { message } = asked;
      const flags = { ...message.flags, ...query };
      const given = await next({ ...asked, message: { ...message, flags } });
      return { ...given, flags: { ...given.flags, ...response } };
    },
  };
}
