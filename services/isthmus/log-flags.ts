/** The flags of the verbs that go to a log by themselves, without a Corefile. */
import { isClusterName } from '../../libs/event/subject.ts';
import type { LogOptions } from '../resolver/plugins/federation/options.ts';
import { type Flags, UsageError } from './flags.ts';
import { checkServer } from './open-logs.ts';

/** `what` can't be done without it: "run the watcher". Throws UsageError. */
export function logFlag(flags: Flags, what: string): LogOptions & { readonly kind: 'nats' } {
  const servers = flags.texts('log');
  if (servers.length === 0) {
    throw new UsageError(`Cannot ${what}: --log is missing; expected nats://HOST:4222`);
  }
  const wrong = servers.map(checkServer).find(Boolean);
  if (wrong !== undefined) throw new UsageError(wrong);
  return {
    kind: 'nats',
    servers: servers.map((text) => ({ text, file: '--log', line: 1 })),
  };
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
