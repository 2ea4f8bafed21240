/** The flags of the verbs that go to a log by themselves, without a Corefile. */
import { isClusterName } from '../../libs/event/subject.ts';
import type { NatsOptions, TlsOptions } from '../resolver/plugins/federation/media-options.ts';
import { type Flags, UsageError } from './flags.ts';
import { whyNoLog } from './open-logs.ts';

/** JetStream keeps at most five copies of a stream. */
const REPLICAS = /^[1-5]$/;
/** What may stand between dots of a subject. */
export const DOMAIN = /^[^\s.*>/\\]{1,63}$/;

/** `what` can't be done without it: "run the watcher". Throws UsageError. */
export function logFlag(flags: Flags, what: string, who = '_operator'): NatsOptions {
  const servers = flags.texts('log');
  if (servers.length === 0) {
    throw new UsageError(`Cannot ${what}: --log is missing; expected nats://HOST:4222`);
  }
  const [credentials, nkey] = ['log-credentials', 'log-nkey'].map((name) => token(flags, name));
  if (credentials !== undefined && nkey !== undefined) {
    throw new UsageError(
      'Cannot use --log-nkey with --log-credentials: both say who we are; expected one of them',
    );
  }
  const replicas = oneLike(flags, 'log-replicas', REPLICAS, '1 to 5');
  const options: NatsOptions = {
    kind: 'nats',
    servers: servers.map((text) => ({ text, file: '--log', line: 1 })),
    credentials,
    nkey,
    tls: tlsFlags(flags),
    domain: oneLike(flags, 'log-domain', DOMAIN, 'a word without dots'),
    replicas: replicas === undefined ? undefined : Number(replicas),
    who,
  };
  const wrong = whyNoLog(options);
  if (wrong !== undefined) throw new UsageError(wrong.why);
  return options;
}

function tlsFlags(flags: Flags): TlsOptions | undefined {
  const [ca, cert, key, serverName] = ['ca', 'cert', 'key', 'servername'].map((name) =>
    flags.text(`log-tls-${name}`),
  );
  const all = [ca, cert, key, serverName];
  if (all.every((text) => text === undefined)) return undefined;
  if ((cert === undefined) !== (key === undefined)) {
    const [missing, given] = cert === undefined ? ['cert', 'key'] : ['key', 'cert'];
    throw new UsageError(
      `Cannot use --log-tls-${given} without --log-tls-${missing}: expected both or neither`,
    );
  }
  return {
    file: '--log-tls',
    line: 1,
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && key !== undefined && { pair: { cert, key } }),
    ...(serverName !== undefined && { serverName }),
  };
}

function token(flags: Flags, name: string) {
  const text = flags.text(name);
  return text === undefined ? undefined : { text, file: `--${name}`, line: 1 };
}

/** Undefined where it is not given. Throws UsageError. */
export function oneLike(
  flags: Flags,
  name: string,
  form: RegExp,
  expected: string,
): string | undefined {
  const text = flags.text(name);
  if (text === undefined || form.test(text)) return text;
  throw new UsageError(`Cannot use --${name} "${text}": it is none; expected ${expected}`);
}

/** Throws UsageError when it is no label, or missing without a default. */
export function labelFlag(
  flags: Flags,
  name: string,
  { what, otherwise }: { readonly what: string; readonly otherwise?: string },
): string {
  const text = flags.text(name) ?? otherwise;
  if (text === undefined) {
    throw new UsageError(`Cannot ${what}: --${name} is missing; expected --${name} NAME`);
  }
  if (isClusterName(text)) return text;
  throw new UsageError(
    `Cannot use --${name} "${text}": it is no label; ` +
      'expected a DNS label: a-z, 0-9 and -, at most 63',
  );
}
