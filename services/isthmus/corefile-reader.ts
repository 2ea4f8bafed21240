/**
 * The Corefile of the command line, read again and again: as it is, or with what a mounted
 * ConfigMap of kube-dns says (--kube-dns-config), which is merged into it in memory.
 */
import { ConfigurationError } from '../../libs/corefile/configuration-error.ts';
import type { Corefile } from '../../libs/corefile/corefile.ts';
import { parseWithImports, readCorefile } from '../../libs/corefile/load.ts';
import { type KubeDnsConfig, KubeDnsError, readKubeDns } from '../../libs/kube-dns/config.ts';
import { readKubeDnsDirectory } from '../../libs/kube-dns/directory.ts';
import type { Log } from '../../libs/telemetry/log.ts';
import { corefileOf, fileOf } from './corefile-of.ts';
import { type Flags, UsageError } from './flags.ts';
import { corefileText } from './translate/corefile-text.ts';
import { merge } from './translate/merge.ts';
import { type LookUpHost, resolvedConfig } from './translate/resolved.ts';
import { lookUpHost, textOptions } from './translate/translate.ts';

/** Throws UsageError or ConfigurationError. */
export type ReadCorefile = (log: Log) => Promise<Corefile>;

/** How often the ConfigMap is read, in ms: as kube-dns did. */
export const KUBE_DNS_EVERY_MS = 10_000;

const MADE = '(made for --kube-dns-config)';
const NOTHING: KubeDnsConfig = { stubDomains: [], upstreamNameservers: [], federations: new Map() };

/**
 * `isStrict`: what is wrong in the ConfigMap is an error from the first time on; else a start goes
 * on without it, as kube-dns did: a cluster without DNS is worse than one without a stub domain.
 */
export function corefileReader(
  flags: Flags,
  { isStrict = false, lookUp = lookUpHost }: { isStrict?: boolean; lookUp?: LookUpHost } = {},
): ReadCorefile {
  const directory = flags.text('kube-dns-config');
  if (directory === undefined) return (log) => corefileOf(flags, log);
  if (flags.has('kubeconfig')) {
    throw new UsageError(
      'Cannot use --kube-dns-config and --kubeconfig together: expected one of them',
    );
  }
  const options = textOptions(flags);
  const keeping = keptAddresses(lookUp);
  let isFirst = !isStrict;
  return async (log) => {
    const remark = (text: string) => log.warning(`kube-dns: ${text}`);
    const said = () => readKubeDns(readKubeDnsDirectory(directory));
    const config = isFirst ? saidOr(said, NOTHING, log) : saidIn(directory, said);
    isFirst = false;
    const resolved = await resolvedConfig(config, { lookUp: keeping, remark, onName: () => {} });
    const file = fileOf(flags);
    const warn = (text: string) => log.warning(text);
    if (file === undefined) {
      const source = { file: MADE, text: corefileText(resolved, options) };
      return parseWithImports(source, {}, warn);
    }
    const { text, corefile } = readCorefile(file, process.env, () => {});
    const { cluster } = options;
    const edited = merge(text, resolved, { file, corefile, cluster, remark });
    return parseWithImports({ file, text: edited.text() }, process.env, warn);
  };
}

function saidOr(said: () => KubeDnsConfig, otherwise: KubeDnsConfig, log: Log): KubeDnsConfig {
  try {
    return said();
  } catch (error) {
    if (!(error instanceof KubeDnsError)) throw error;
    log.error(`kube-dns: all of its ConfigMap is left out: ${error.message}`);
    return otherwise;
  }
}

function saidIn(directory: string, said: () => KubeDnsConfig): KubeDnsConfig {
  try {
    return said();
  } catch (error) {
    if (!(error instanceof KubeDnsError)) throw error;
    throw new ConfigurationError({ file: directory, line: 1 }, error.message);
  }
}

/**
 * A name keeps its addresses while it has one of them: some names have others of many each time
 * that they are asked for, and nothing has to change for that. So it does while nobody answers.
 */
export function keptAddresses(lookUp: LookUpHost): LookUpHost {
  const kept = new Map<string, readonly string[]>();
  return async (name) => {
    const now = await lookUp(name);
    const before = kept.get(name) ?? [];
    const isSame = now.length === 0 || now.some((address) => before.includes(address));
    if (before.length > 0 && isSame) return before;
    kept.set(name, now);
    return now;
  };
}
