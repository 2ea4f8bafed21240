/** What a process answers over its socket: the logs that only it can open. */
import type { Logs } from '../../../libs/log/log.ts';
import type { Request } from './serve-words.ts';
import { type Ground, runWord } from './words.ts';

export interface OwnLogs extends Pick<Ground, 'federation' | 'where' | 'isControlled'> {
  readonly logs: Promise<Logs>;
}

/** `all`: the first of them is meant where none is named. */
export async function answerFrom(
  all: readonly OwnLogs[],
  { federation, ...asked }: Request,
  rest: Pick<Ground, 'nowMs' | 'signal'>,
): Promise<string> {
  const own = federation === undefined ? all[0] : all.find((one) => one.federation === federation);
  if (own !== undefined) return runWord(asked, { ...own, ...rest, logs: await own.logs });
  const names = all.map((one) => one.federation).join(' or ');
  throw new Error(
    `Cannot use the federation "${federation}": this process has no log of it; expected ${names}`,
  );
}
