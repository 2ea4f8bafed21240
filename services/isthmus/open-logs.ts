/**
 * The log as the configuration names it → the adapter. A client library is loaded only where it is
 * used.
 */
import type { Logs } from '../../libs/log/log.ts';
import { createMemoryLogs } from '../../libs/log/memory.ts';
import { readServerUrls } from '../../libs/log-jetstream/server-urls.ts';
import { openSqliteLogs } from '../../libs/log-sqlite/sqlite-logs.ts';
import type { Log } from '../../libs/telemetry/log.ts';
import type { LogOptions } from '../resolver/plugins/federation/options.ts';

/**
 * `state`: the directory of the embedded log. Throws when that can't be used; a server that is away
 * is waited for.
 */
export async function openLogs(
  options: LogOptions,
  federation: string,
  state: string,
  log: Log,
): Promise<Logs> {
  switch (options.kind) {
    case 'memory':
      return createMemoryLogs();
    case 'sqlite':
      return openSqliteLogs({ directory: options.directory ?? state });
    case 'nats': {
      const { openJetStreamLogs } = await import('../../libs/log-jetstream/jetstream-logs.ts');
      return openJetStreamLogs({
        servers: options.servers.map(({ text }) => text),
        federation,
        onTrouble: (text) => log.warning(text),
        onConnected: (server) => log.info(`connected to ${server}`),
      });
    }
  }
}

/** Why this can't be a NATS server, in the house sentence; undefined when it can. */
export function checkServer(text: string): string | undefined {
  try {
    readServerUrls([text]);
    return undefined;
  } catch (error) {
    if (error instanceof RangeError) return error.message;
    throw error;
  }
}
