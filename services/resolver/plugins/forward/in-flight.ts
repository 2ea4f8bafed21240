/**
 * Work that is done once for all who want it at the same time: of identical questions, one goes
 * upstream (also RFC 5452 § 5: many at once would be many chances for a guess).
 */
export class InFlight<T> {
  readonly #flights = new Map<string, Promise<T>>();

  /** The result of the work of this key: that under way, or new. */
  share(key: string, work: () => Promise<T>): Promise<T> {
    const known = this.#flights.get(key);
    if (known !== undefined) return known;
    const flight = work().finally(() => this.#flights.delete(key));
    this.#flights.set(key, flight);
    return flight;
  }
}
