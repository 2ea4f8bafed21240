/** How the process writes its log. */
import { createJsonLog, createLog, type Log } from '../../libs/telemetry/log.ts';
import { type Flags, UsageError } from './flags.ts';

const FORMATS = ['text', 'json'];

/** Throws UsageError. */
export function logOf(flags: Flags, write: (line: string) => void): Log {
  return isJson(flags) ? createJsonLog(write, () => new Date()) : createLog(write);
}

/** Where lines are for a program, nothing else may be among them. */
export function isJson(flags: Flags): boolean {
  const format = flags.text('log-format') ?? 'text';
  if (FORMATS.includes(format)) return format === 'json';
  throw new UsageError(
    `Cannot use the log format "${format}": it is unknown; expected ${FORMATS.join(' or ')}`,
  );
}
