/**
 * The command: one program, three shapes (watcher, resolver, and both with an embedded log: up),
 * and the words of an operator. It understands the command line, runs the verb, and says what went
 * wrong in one line. Exit codes: 0 ended as asked, 1 failed, 2 can't be understood.
 */
import { ConfigurationError } from '../../libs/corefile/configuration-error.ts';
import { LineWriter } from '../../libs/telemetry/line-writer.ts';
import { check, type Report } from './check/check.ts';
import { readFlags, UsageError } from './flags.ts';
import { HELP } from './help.ts';
import { logOf } from './log-of.ts';
import { operate } from './operate.ts';
import { isVerb, VERBS } from './operator/words.ts';
import { prepare } from './prepare.ts';
import { resolve } from './resolve.ts';
import { stopSignal } from './stop-signal.ts';
import { type Translation, translate } from './translate/translate.ts';
import { version } from './version.ts';
import { watch } from './watch.ts';

const lines = new LineWriter((text) => console.log(text));

async function main(): Promise<number> {
  const { flags, words } = readFlags(process.argv.slice(2), process.env);
  const [verb = 'up', ...more] = words;
  if (flags.has('help') || verb === 'help') return say(HELP);
  if (flags.has('version') || verb === 'version') return say(`isthmus ${version()}`);
  if (verb === 'check') return printReport(await check(flags, more));
  if (verb === 'translate') return printTranslation(translate(flags, more));
  if (verb === 'prepare') return say(await prepare(flags, more));
  if (isVerb(verb)) return say(await operate({ flags, signal: stopSignal() }, verb, more));
  const [extra] = more;
  if (extra !== undefined) {
    throw new UsageError(`Cannot use "${extra}": expected one verb, then flags`);
  }
  const print = (line: string) => lines.add(line);
  // What was said before comes first, also where both outputs are one.
  process.on('uncaughtExceptionMonitor', () => lines.flush());
  process.on('exit', () => lines.flush());
  const run = { flags, log: logOf(flags, print), signal: stopSignal() };
  switch (verb) {
    case 'up':
    case 'resolver':
      await resolve({ ...run, verb, print });
      return 0;
    case 'watcher':
      await watch(run);
      return 0;
    default:
      throw new UsageError(
        `Cannot run "${verb}": it is no verb of isthmus; ` +
          `expected up, watcher, resolver, check, translate, prepare, ${VERBS.join(', ')} ` +
          '(--help tells more)',
      );
  }
}

function printReport({ text, errors }: Report): number {
  if (errors.length === 0) return say(text);
  for (const error of errors) console.error(error);
  if (text !== '') console.error(`\n${text}`);
  return 2;
}

/** A Corefile alone on standard output: a pipe may take it. */
function printTranslation({ text, remarks }: Translation): number {
  for (const remark of remarks) console.error(remark);
  return say(text.replace(/\n$/, ''));
}

function say(text: string): number {
  console.log(text);
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.exitCode = error instanceof UsageError || error instanceof ConfigurationError ? 2 : 1;
  lines.flush();
  console.error(toldOf(error));
}

/** Our own sentences speak for themselves; what is a defect comes with its stack. */
function toldOf(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const isSentence = process.exitCode === 2 || error.message.startsWith('Cannot ');
  return isSentence ? error.message : (error.stack ?? error.message);
}
