/**
 * The words of an operator from the command line: to the log servers that --log names, else to the
 * process that has the state directory.
 */
import { createLog } from '../../libs/telemetry/log.ts';
import { labelFlag, logFlag } from './log-flags.ts';
import { openLogs } from './open-logs.ts';
import { askProcess } from './operator/ask-process.ts';
import { readAsked, runWord, type Verb } from './operator/words.ts';
import { STATE_DIRECTORY } from './state-directory.ts';
import type { Run } from './watch.ts';
import { withoutSecret } from './without-secret.ts';

/** The text that tells what happened. Throws UsageError, or an Error that says why. */
export async function operate(
  { flags, signal }: Pick<Run, 'flags' | 'signal'>,
  verb: Verb,
  words: readonly string[],
): Promise<string> {
  const asked = readAsked(verb, words, (name) => flags.text(name));
  const federation = labelFlag(flags, 'federation', { what: verb, otherwise: 'default' });
  if (!flags.has('log')) {
    const state = flags.text('state') ?? STATE_DIRECTORY;
    const named = flags.has('federation') ? federation : undefined;
    return askProcess(state, { ...asked, federation: named });
  }
  // What is printed is the answer alone; what it waits for goes beside it.
  const log = createLog((line) => console.error(line));
  const options = logFlag(flags, verb);
  const logs = await openLogs(options, federation, '', { ...log, info: () => {} });
  try {
    const where = options.servers.map(({ text }) => withoutSecret(text)).join(', ');
    const nowMs = () => Date.now();
    return await runWord(asked, { federation, logs, where, isControlled: true, nowMs, signal });
  } finally {
    await logs.close();
  }
}
