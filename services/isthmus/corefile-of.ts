/**
 * The Corefile that the command line asks for: a file, or one made for the contexts of a
 * kubeconfig.
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { ConfigurationError } from '../../libs/corefile/configuration-error.ts';
import type { Corefile } from '../../libs/corefile/corefile.ts';
import { loadCorefile } from '../../libs/corefile/load.ts';
import { parseCorefile } from '../../libs/corefile/parser.ts';
import type { Wrongs } from '../../libs/corefile/wrongs.ts';
import type { Log } from '../../libs/telemetry/log.ts';
import { type Flags, UsageError } from './flags.ts';

/**
 * Where a laptop's resolver listens when only a kubeconfig is given: 53 needs rights, and is taken
 * there.
 */
export const LAPTOP_PORT = 1053;

/** Throws UsageError or ConfigurationError. `wrongs`: where errors of the file's text go. */
export async function corefileOf(flags: Flags, log: Log, wrongs?: Wrongs): Promise<Corefile> {
  const kubeconfig = flags.text('kubeconfig');
  const conf = flags.text('conf');
  if (kubeconfig !== undefined && conf !== undefined) {
    throw new UsageError('Cannot use --conf and --kubeconfig together: expected one of them');
  }
  if (kubeconfig !== undefined) {
    const text = corefileText(
      resolve(kubeconfig),
      await contextsFor(kubeconfig, flags.texts('context')),
    );
    return parseCorefile(
      { file: '(made for --kubeconfig)', text },
      { environment: {}, readFiles: () => [] },
    );
  }
  const file = fileOf(flags);
  if (file === undefined) {
    throw new UsageError(
      'Cannot start: there is no ./Corefile; ' +
        'expected -conf FILE, or --kubeconfig FILE (--help tells more)',
    );
  }
  const corefile = loadCorefile(file, process.env, (text) => log.warning(text), wrongs);
  if (corefile.blocks.length > 0 || (wrongs !== undefined && wrongs.count > 0)) return corefile;
  throw new ConfigurationError(
    { file, line: 1 },
    `Cannot serve "${file}": it has no server block; expected one, as in ".:53 { … }"`,
  );
}

/** The Corefile that is read; undefined: there is none. */
export function fileOf(flags: Flags): string | undefined {
  return flags.text('conf') ?? (existsSync('Corefile') ? 'Corefile' : undefined);
}

async function contextsFor(file: string, wanted: readonly string[]): Promise<readonly string[]> {
  const { kubeconfigContexts } = await import('../../libs/cluster-kubernetes/kubeconfig.ts');
  const found = kubeconfigContexts(file);
  if (found.kind === 'refused') throw new UsageError(found.why);
  const { contexts } = found;
  const missing = wanted.find((context) => !contexts.includes(context));
  if (missing !== undefined || contexts.length === 0) {
    throw new UsageError(
      `Cannot use the context "${missing ?? ''}" of "${file}": there is no such context; ` +
        `expected ${contexts.join(', ') || 'one to be defined'}`,
    );
  }
  return wanted.length > 0 ? wanted : contexts;
}

/** The first context is home. */
function corefileText(kubeconfig: string, contexts: readonly string[]): string {
  const names = clusterNames(contexts);
  const clusters = contexts.map(
    (context, i) => `        cluster ${names[i]} kubeconfig "${kubeconfig}" "${context}"`,
  );
  return `. {
    bind 127.0.0.1
    errors
    ready 127.0.0.1:8181
    prometheus 127.0.0.1:9153
    federation cluster.local clusterset.local in-addr.arpa ip6.arpa {
        home ${names[0]}
${clusters.join('\n')}
        fallthrough in-addr.arpa ip6.arpa
    }
    forward . /etc/resolv.conf
    cache 30
    loadbalance
}
`;
}

/**
 * Contexts are called anything (an ARN, an address): what a DNS label can't have becomes a dash.
 */
function clusterNames(contexts: readonly string[]): readonly string[] {
  const names = new Set<string>();
  for (const context of contexts) {
    const label =
      context
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, '-')
        .slice(-55)
        .replace(/^-+|-+$/g, '') || 'cluster';
    let name = label;
    for (let n = 2; names.has(name); n++) name = `${label}-${n}`;
    names.add(name);
  }
  return [...names];
}
