/** Answers in time, if only with a failure. */
import type { Plugin } from '../../plugin.ts';
import { QueryFailure } from '../../query-failure.ts';
import type { Response } from '../../response.ts';

/** Calls once after so many ms, unless what it gives is called before. */
export type After = (ms: number, work: () => void) => () => void;

export function createCancel(timeoutMs: number, after: After): Plugin {
  return {
    name: 'cancel',
    handle: (query, next) =>
      new Promise<Response>((resolve, reject) => {
        const stop = after(timeoutMs, () => {
          reject(new QueryFailure(`there was no answer within ${timeoutMs} ms`));
        });
        next(query).then(resolve, reject).finally(stop);
      }),
  };
}
