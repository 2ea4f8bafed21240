/**
 * The log as the configuration names it → the adapter. A client library is loaded only where it is
 * used.
 */
import type { Place } from '../../libs/corefile/corefile.ts';
import type { Logs } from '../../libs/log/log.ts';
import { createMemoryLogs } from '../../libs/log/memory.ts';
import { withLogNear } from '../../libs/log/near-log.ts';
import { type LogAccess, whyNoAccess } from '../../libs/log-jetstream/access.ts';
import { readServerUrls } from '../../libs/log-jetstream/server-urls.ts';
import { openSqliteLogs } from '../../libs/log-sqlite/sqlite-logs.ts';
import type { Log } from '../../libs/telemetry/log.ts';
import type { LogOptions, NatsOptions } from '../resolver/plugins/federation/media-options.ts';

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
      const common = {
        federation,
        onTrouble: (text: string) => log.warning(text),
        onConnected: (server: string) => log.info(`connected to ${server}`),
      };
      const { near, domain, ...here } = options;
      const logs = openJetStreamLogs({ ...natsOptions({ ...here, domain }), ...common });
      if (near === undefined) return logs;
      const { cluster, servers } = near;
      const atHome = openJetStreamLogs({ ...natsOptions({ ...here, servers }), ...common });
      return withLogNear(cluster, atHome, logs);
    }
  }
}

/** Why NATS can't be used like this, in the house sentence, and where it says so. */
export function whyNoLog(
  options: NatsOptions,
): { readonly at: Place; readonly why: string } | undefined {
  for (const server of [...options.servers, ...(options.near?.servers ?? [])]) {
    const why = whyNoServer(server.text);
    if (why !== undefined) return { at: server, why };
  }
  const { tls, ...access } = accessOf(options);
  const why = whyNoAccess(access);
  const [at = options.tls] = [options.credentials, options.nkey].filter((one) => one !== undefined);
  if (why !== undefined && at !== undefined) return { at, why };
  const whyTls = tls && whyNoAccess({ tls });
  return whyTls === undefined || options.tls === undefined
    ? undefined
    : { at: options.tls, why: whyTls };
}

/** What the adapter is to know of the servers and of us. */
export function natsOptions(options: NatsOptions) {
  const { servers, who, domain, replicas } = options;
  return {
    servers: servers.map(({ text }) => text),
    access: accessOf(options),
    who,
    ...(domain !== undefined && { domain }),
    ...(replicas !== undefined && { replicas }),
  };
}

function accessOf({ credentials, nkey, tls }: NatsOptions): LogAccess {
  return {
    ...(credentials !== undefined && { credentials: credentials.text }),
    ...(nkey !== undefined && { nkey: nkey.text }),
    ...(tls !== undefined && { tls }),
  };
}

function whyNoServer(text: string): string | undefined {
  try {
    readServerUrls([text]);
    return undefined;
  } catch (error) {
    if (error instanceof RangeError) return error.message;
    throw error;
  }
}
