/** Hears of each request to an API server, for whoever counts them. Times are in seconds. */
export interface RequestObserver {
  /** The limits held a request back for so long, 0 where there are none. */
  waited(host: string, seconds: number): void;
  /** The reply began. `code` is its status, or client-go's `<error>` when there was none. */
  replied(host: string, code: string): void;
  /** The whole reply was there, or failed, after so long. Not of watches, which have no end. */
  took(host: string, seconds: number): void;
}
