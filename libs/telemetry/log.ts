/**
 * Log lines in CoreDNS's form, `[INFO] plugin/forward: text`, one a call, to wherever the
 * composition root says.
 */

export interface Log {
  debug(text: string): void;
  info(text: string): void;
  warning(text: string): void;
  error(text: string): void;
}

/** Lines to a sink: standard output in the program, an array in a test. */
export function createLog(write: (line: string) => void): Log {
  return {
    debug: (text) => write(`[DEBUG] ${text}`),
    info: (text) => write(`[INFO] ${text}`),
    warning: (text) => write(`[WARNING] ${text}`),
    error: (text) => write(`[ERROR] ${text}`),
  };
}

/** For whoever has nobody to tell. */
export const SILENT: Log = createLog(() => {});
