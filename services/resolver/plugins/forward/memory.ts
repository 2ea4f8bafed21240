/**
 * What was found out about servers, for as long as somebody asks them: a directive that changes
 * does not begin with servers that are down.
 */
import { ServerKnowledge } from '../../../../libs/upstream/server-client.ts';
import { serverText, type UpstreamServer } from '../../../../libs/upstream/upstream-server.ts';

export interface Remembered {
  readonly knowledge: ServerKnowledge;
  /** Probes that failed one after another. */
  fails: number;
}

export class Memory {
  readonly #held = new Map<string, { readonly remembered: Remembered; holders: number }>();

  /**
   * `how` it is asked, beside what it is: one that can not be known by a wrong certificate is not
   * down for others. `letGo`: once, when the server is not asked any more.
   */
  hold(
    server: UpstreamServer,
    how = '',
  ): { readonly remembered: Remembered; readonly letGo: () => void } {
    const { transport, serverName, path } = server;
    const key = JSON.stringify([transport, serverText(server), serverName, path, how]);
    const entry = this.#held.get(key) ?? {
      remembered: { knowledge: new ServerKnowledge(), fails: 0 },
      holders: 0,
    };
    this.#held.set(key, entry);
    entry.holders++;
    const letGo = () => {
      if (--entry.holders === 0) this.#held.delete(key);
    };
    return { remembered: entry.remembered, letGo };
  }
}
