/** Servers of deploy/nats, and those who come to them with their users, for tests. */
import type { TestContext } from 'node:test';
import { connect } from 'nats';
import { DEFAULT_KINDS } from '../../libs/event/object.ts';
import type { Logs } from '../../libs/log/log.ts';
import { openJetStreamLogs } from '../../libs/log-jetstream/jetstream-logs.ts';
import { type Prepared, prepareLog } from '../../libs/log-jetstream/prepare-log.ts';
import { createLog } from '../../libs/telemetry/log.ts';
import { openCluster } from '../../services/isthmus/open-cluster.ts';
import { runWatcher, type Watcher } from '../../services/watcher/watcher.ts';
import type { NatsServer } from '../servers/nats.ts';
import { NatsDeployment } from '../servers/nats-deployed.ts';
import { makeTempDirectory, removeTempDirectory } from '../servers/temp-directory.ts';

export const FEDERATION = 'default';

export interface RunningWatcher extends Watcher {
  stop(): Promise<void>;
}

export class GivenNats {
  readonly deployment: NatsDeployment;
  /** What was told to people, by all who were opened. */
  readonly said: string[] = [];
  readonly #directory: string;
  readonly #pair: { readonly cert: string; readonly key: string };
  readonly #open: { close(): Promise<void> }[] = [];

  constructor(binary: string, version: string) {
    this.#directory = makeTempDirectory();
    this.deployment = new NatsDeployment(this.#directory, binary, version);
    this.#pair = this.deployment.authority.give('client');
  }

  /** As a watcher, a resolver or an operator opens them. */
  logs(servers: NatsServer | readonly NatsServer[], user: string, domain?: string): Logs {
    const options = this.#options([servers].flat(), user);
    const logs = openJetStreamLogs({ ...options, ...(domain !== undefined && { domain }) });
    this.#open.push(logs);
    return logs;
  }

  /** How a Corefile says it. */
  corefileOf(log: string, home: NatsServer): readonly string[] {
    const { cert, key } = this.#pair;
    const secret = `resolver:${encodeURIComponent(this.deployment.password('resolver'))}`;
    const as = (url: string) => url.replace('//', `//${secret}@`);
    const tls = `log_tls ${cert} ${key} ${this.deployment.authority.ca}`;
    return [`log ${as(log)}`, `log_home ${as(home.url)}`, tls];
  }

  /** The flags of a verb that goes to the log by itself. */
  flagsOf(server: NatsServer, user: string): readonly string[] {
    const secret = `${user}:${encodeURIComponent(this.deployment.password(user))}`;
    const { cert, key } = this.#pair;
    const log = ['--log', server.url.replace('//', `//${secret}@`)];
    const { ca } = this.deployment.authority;
    return [...log, '--log-tls-ca', ca, '--log-tls-cert', cert, '--log-tls-key', key];
  }

  /** As `isthmus prepare` does, by the operator. */
  prepare(
    server: NatsServer,
    cluster: string,
    more: { readonly mirrorOf?: string; readonly replicas?: number } = {},
  ): Promise<Prepared> {
    return prepareLog({ ...this.#options([server], 'operator'), cluster, ...more });
  }

  /** Watches manifests, by default the demo's, and tells them with the cluster's user. */
  async watcher(
    server: NatsServer,
    cluster: string,
    { user = cluster, directory = `deploy/demo/${cluster}` } = {},
  ): Promise<RunningWatcher> {
    const stopping = new AbortController();
    const log = createLog((line) => this.said.push(line));
    const place = { source: { kind: 'manifests' as const, directory }, kinds: DEFAULT_KINDS };
    const watcher = runWatcher({
      federation: FEDERATION,
      cluster,
      source: await openCluster(cluster, place, { log }),
      logs: this.logs(server, user),
      log,
      signal: stopping.signal,
    });
    const stop = async () => {
      stopping.abort();
      await watcher.ended;
    };
    this.#open.push({ close: stop });
    return { ...watcher, stop };
  }

  /** The bare client, for what none of us does. */
  async client(server: NatsServer, user: string, inboxPrefix = inboxOf(user)) {
    const { cert, key } = this.#pair;
    const { ca } = this.deployment.authority;
    const client = await connect({
      servers: server.url.replace('127.0.0.1', 'localhost'),
      user,
      pass: this.deployment.password(user),
      inboxPrefix,
      tls: { caFile: ca, certFile: cert, keyFile: key },
    });
    this.#open.push(client);
    return client;
  }

  async end(): Promise<void> {
    for (const one of this.#open.reverse()) await one.close();
    await this.deployment.stop();
    removeTempDirectory(this.#directory);
  }

  #options(servers: readonly NatsServer[], user: string) {
    const secret = `${user}:${encodeURIComponent(this.deployment.password(user))}`;
    const tls = { ca: this.deployment.authority.ca, pair: this.#pair };
    return {
      servers: servers.map(({ url }) => url.replace('//', `//${secret}@`)),
      federation: FEDERATION,
      access: { tls },
      who: whoIs(user),
      onTrouble: (text: string) => this.said.push(text),
    };
  }
}

export function givenNats(t: TestContext, binary: string, version: string): GivenNats {
  const given = new GivenNats(binary, version);
  t.after(() => given.end());
  return given;
}

function whoIs(user: string): string {
  return ['resolver', 'operator'].includes(user) ? `_${user}` : user;
}

function inboxOf(user: string): string {
  return `_INBOX.isthmus.${FEDERATION}.${whoIs(user)}`;
}
