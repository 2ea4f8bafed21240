/**
 * Writes why queries failed. What goes through is not changed: the exception goes on to the server,
 * which makes SERVFAIL of it.
 */
import { RCODE } from '../../../../libs/dns/iana.ts';
import type { Pattern } from '../../../../libs/regex/pattern.ts';
import type { Log } from '../../../../libs/telemetry/log.ts';
import type { Plugin } from '../../plugin.ts';
import type { Query } from '../../query.ts';
import { QueryFailure } from '../../query-failure.ts';

/** Failures that are summed up: one line a period says how many there were. */
export interface Consolidation {
  readonly periodMs: number;
  /** Of the reason alone, without the query. */
  readonly pattern: Pattern;
  readonly level: 'debug' | 'info' | 'warning' | 'error';
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
  const write = ({ name, question }: Query, rcode: number, reason: string) => {
    const line = `plugin/errors: ${rcode} ${name} ${question.type}: ${reason}`;
    if (!sums.some((sum) => sum.takes(reason, line))) log.error(line);
  };
  return {
    name: 'errors',
    async handle(query, next) {
      try {
        const response = await next(query);
        const { failure, rcode } = response;
        if (failure !== undefined) write(query, rcode, why(failure, stacktrace));
        return response;
      } catch (error) {
        write(query, RCODE.SERVFAIL, why(error, stacktrace));
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

  /** Whether the reason is this sum's; if so, it is counted. */
  takes(reason: string, line: string): boolean {
    const { pattern, periodMs, level, showFirst } = this.#consolidation;
    if (!pattern.test(reason)) return false;
    this.#count++;
    if (this.#timer === undefined) {
      this.#timer = setTimeout(() => this.finish(), periodMs).unref();
      if (showFirst) this.#log[level](line);
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
