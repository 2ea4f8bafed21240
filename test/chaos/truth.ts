/**
 * What each name was, and when: every answer is judged by it. The test is the only one who writes
 * to the API servers, so it knows.
 *
 *   sent ──────── acknowledged ─────────────► the value is true from its sending on, and the one
 *                                             before until the acknowledgement
 *
 * While a write is on its way, or nobody knows what became of it, both are true.
 */

/** The value of a name that does not exist; that of others is their addresses, sorted. */
export const ABSENT = '';

export type Judgement =
  /** It was true when it was asked, or last so long before. `sinceMs`: when it became true. */
  | { readonly kind: 'true'; readonly ageMs: number; readonly sinceMs: number }
  | { readonly kind: 'never' };

interface Span {
  readonly value: string;
  readonly fromMs: number;
  untilMs: number | undefined;
}

export class History {
  readonly #spans: Span[];

  constructor(value: string, fromMs: number) {
    this.#spans = [{ value, fromMs, untilMs: undefined }];
  }

  /** Something was sent that makes it so. */
  becomes(value: string, sentMs: number): void {
    this.#spans.push({ value, fromMs: sentMs, untilMs: undefined });
  }

  /** What was sent last is acknowledged. */
  became(acknowledgedMs: number): void {
    for (const span of this.#spans.slice(0, -1)) span.untilMs ??= acknowledgedMs;
  }

  /** The last value, and whether it is the only one that can be true now. */
  get now(): { readonly value: string; readonly isCertain: boolean } {
    const value = this.#spans.at(-1)?.value ?? ABSENT;
    return { value, isCertain: this.#spans.at(-2)?.untilMs !== undefined || !this.#spans[1] };
  }

  judge(value: string, askedMs: number): Judgement {
    const span = this.#spans.findLast((one) => one.value === value);
    if (span === undefined) return { kind: 'never' };
    const ageMs = Math.max(0, askedMs - (span.untilMs ?? askedMs));
    return { kind: 'true', ageMs, sinceMs: span.fromMs };
  }
}

/** By the cluster whose log tells it. */
export type Of = 'east' | 'west' | 'both';

export type NameKind =
  /** There throughout, with the same addresses. */
  | 'stable'
  /** There throughout, and its address changes all the time. No address comes back. */
  | 'moving'
  /** Comes and goes. */
  | 'passing'
  /** Never there. */
  | 'never';

export interface Known {
  readonly name: string;
  readonly kind: NameKind;
  readonly of: Of;
  readonly history: History;
}

export class Truth {
  readonly #names = new Map<string, Known>();

  add(name: string, kind: NameKind, of: Of, value: string): History {
    const history = new History(value, performance.now());
    this.#names.set(name, { name, kind, of, history });
    return history;
  }

  get names(): readonly Known[] {
    return [...this.#names.values()];
  }
}
