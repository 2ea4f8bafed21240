/** Log lines, one a call, to wherever the composition root says. */

/** What a line is about, by name, for who reads lines with a program. */
export type LogFields = Readonly<Record<string, string | number | boolean>>;

export interface Log {
  debug(text: string): void;
  /** `fields` are asked for only where they are written. */
  info(text: string, fields?: () => LogFields): void;
  warning(text: string): void;
  error(text: string): void;
}

/**
 * Lines in CoreDNS's form, `[INFO] plugin/forward: text`, to a sink: standard output in the
 * program, an array in a test.
 */
export function createLog(write: (line: string) => void): Log {
  return {
    debug: (text) => write(`[DEBUG] ${text}`),
    info: (text) => write(`[INFO] ${text}`),
    warning: (text) => write(`[WARNING] ${text}`),
    error: (text) => write(`[ERROR] ${text}`),
  };
}

/** The same as JSON, an object a line, under CoreDNS's names. */
export function createJsonLog(write: (line: string) => void, now: () => Date): Log {
  const line = (level: string, text: string, fields: LogFields = {}) => {
    const [, plugin, rest] = /^plugin\/([^:\s]+): (.*)$/s.exec(text) ?? [];
    const about = plugin === undefined ? { msg: text } : { msg: rest, plugin };
    write(JSON.stringify({ time: now().toISOString(), level, ...about, ...fields }));
  };
  return {
    debug: (text) => line('DEBUG', text),
    info: (text, fields) => line('INFO', text, fields?.()),
    warning: (text) => line('WARN', text),
    error: (text) => line('ERROR', text),
  };
}

/** For whoever has nobody to tell. */
export const SILENT: Log = createLog(() => {});
