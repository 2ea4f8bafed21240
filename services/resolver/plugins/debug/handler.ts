/** Writes the stack of a defect; it goes on to the server, which makes SERVFAIL of it. */
import type { Log } from '../../../../libs/telemetry/log.ts';
import type { Plugin } from '../../plugin.ts';
import { QueryFailure } from '../../query-failure.ts';

export function createDebug(log: Log): Plugin {
  return {
    name: 'debug',
    async handle(query, next) {
      try {
        return await next(query);
      } catch (error) {
        if (!(error instanceof QueryFailure)) {
          const stack = error instanceof Error ? error.stack : String(error);
          log.error(`plugin/debug: ${query.name} ${query.question.type}: ${stack}`);
        }
        throw error;
      }
    },
  };
}
