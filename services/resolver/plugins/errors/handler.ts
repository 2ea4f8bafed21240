/**
 * Writes why queries failed. What goes through is not changed: the exception goes on to the server,
 * which makes SERVFAIL of it.
 */
import { RCODE } from '../../../../libs/dns/iana.ts';
import type { Log } from '../../../../libs/telemetry/log.ts';
import type { Plugin } from '../../plugin.ts';
import { QueryFailure } from '../../query-failure.ts';

/** Failures that are summed up: one line a period says how many there were. */
export interface Consolidation {
  readonly periodMs: number;
  readonly pattern: RegExp;
  readonly level: 'info' | 'warning' | 'error';
  /** Whether the first of a period is written at once. */
  readonly showFirst: boolean;
}

export interface ErrorsOptions {
  readonly log: Log;
  /** The first that matches a line takes it. */
  readonly consolidations: readonly Consolidation[];
  readonly stacktrace: boolean;
}

export function createErrors({ log, consolidations, stacktrace }: ErrorsOptions): Plugin {
  const sums = consolidations.map((each) => new Sum(each, log));
  const write = (text: string) => {
    if (!sums.some((sum) => sum.takes(text))) log.error(`plugin/errors: ${text}`);
  };
  return {
    name: 'errors',
    async handle(query, next) {
      const asked = `${query.name} ${query.question.type}`;
      try {
        const response = await next(query);
        const { failure, rcode } = response;
        if (failure !== undefined) write(`${rcode} ${asked}: ${why(failure, stacktrace)}`);
        return response;
      } catch (error) {
        write(`${RCODE.SERVFAIL} ${asked}: ${why(error, stacktrace)}`);
        throw error;
      }
    },
    async stop() {
      for (const sum of sums) sum.finish();
    },
  };
}

/**
 * A defect shows where it is when asked to; a failure outside of the program has no place in it.
 */
function why(error: unknown, stacktrace: boolean): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof QueryFailure) return error.message;
  return stacktrace ? (error.stack ?? error.message) : `${error.name}: ${error.message}`;
}

class Sum {
  readonly #consolidation: Consolidation;
  readonly #log: Log;
  #count = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(consolidation: Consolidation, log: Log) {
    this.#consolidation = consolidation;
    this.#log = log;
  }

  /** Whether the line is this sum's; if so, it is counted. */
  takes(text: string): boolean {
    const { pattern, periodMs, level, showFirst } = this.#consolidation;
    if (!pattern.test(text)) return false;
    this.#count++;
    if (this.#timer === undefined) {
      this.#timer = setTimeout(() => this.finish(), periodMs).unref();
      if (showFirst) this.#log[level](`plugin/errors: ${text}`);
    }
    return true;
  }

  finish(): void {
    clearTimeout(this.#timer);
    const { pattern, periodMs, level, showFirst } = this.#consolidation;
    // The first was written in full, so that it alone needs no summary.
    if (this.#count > (showFirst ? 1 : 0)) {
      const period = `${periodMs / 1000}s`;
      this.#log[level](
        `plugin/errors: ${this.#count} errors like '${pattern.source}' occurred in last ${period}`,
      );
    }
    this.#timer = undefined;
    this.#count = 0;
  }
}
