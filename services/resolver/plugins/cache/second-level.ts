/**
 * The store that resolvers share, as the cache uses it. Others may not know yet, or never hear,
 * what our clusters have: what they say of names in our zones is not taken where it may hide these.
 */
import type { OurZones } from '../../answers/our-zones.ts';
import type { Found, SharedAnswers } from '../../answers/shared-answers.ts';
import type { Query } from '../../query.ts';
import type { Response } from '../../response.ts';
import { type KeptQuestion, queryFor } from './entry.ts';

export class SecondLevel {
  readonly #shared: SharedAnswers;
  readonly #ours: OurZones;

  constructor(shared: SharedAnswers, ours: OurZones) {
    this.#shared = shared;
    this.#ours = ours;
  }

  /** Whether it may have something of this name (in lower case). */
  isFor(name: string): boolean {
    return this.#shared.isFor(name);
  }

  /** See SharedAnswers. */
  read<T>(query: Query, use: (found: Found) => T | undefined): Promise<T | undefined> {
    return this.#shared.read(query, (found) =>
      this.#ours.mayHide(query.name, found.response) ? undefined : use(found),
    );
  }

  write(query: Query, response: Response, lifetimeSeconds: number, staleSeconds: number): void {
    if (this.#ours.mayHide(query.name, response)) return;
    this.#shared.write(query, response, lifetimeSeconds, staleSeconds);
  }

  forget(question: KeptQuestion): void {
    this.#shared.forget(queryFor(question));
  }
}
