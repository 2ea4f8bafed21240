/**
 * The Corefile of the command line, read again and again: as it is, or with what a mounted
 * ConfigMap of kube-dns says (--kube-dns-config), which is merged into it in memory.
 */
import { ConfigurationError } from '../../libs/corefile/configuration-error.ts';
import type { Corefile } from '../../libs/corefile/corefile.ts';
import { parseWithImports, readCorefile } from '../../libs/corefile/load.ts';
import type { Wrongs } from '../../libs/corefile/wrongs.ts';
import { type KubeDnsConfig, KubeDnsError, readKubeDns } from '../../libs/kube-dns/config.ts';
import { readKubeDnsDirectory } from '../../libs/kube-dns/directory.ts';
import type { Log } from '../../libs/telemetry/log.ts';
import { corefileOf, fileOf } from './corefile-of.ts';
import { type Flags, UsageError } from './flags.ts';
import { corefileText } from './translate/corefile-text.ts';
import { merge } from './translate/merge.ts';
import { forwarded } from './translate/servers.ts';
import { textOptions } from './translate/translate.ts';

/** Throws UsageError or ConfigurationError. */
export type ReadCorefile = (log: Log) => Promise<Corefile>;

/** How often the ConfigMap is read, in ms: as kube-dns did. */
export const KUBE_DNS_EVERY_MS = 10_000;

const MADE = '(made for --kube-dns-config)';
const NOTHING: KubeDnsConfig = { stubDomains: [], upstreamNameservers: [], federations: new Map() };

/**
 * `wrongs`: where errors of the Corefile's text go, of which the rest is read. Then what is wrong
 * in the ConfigMap is an error from the first time on; else a start goes on without it, as kube-dns
 * did: a cluster without DNS is worse than one without a stub domain.
 */
export function corefileReader(flags: Flags, wrongs?: Wrongs): ReadCorefile {
  const directory = flags.text('kube-dns-config');
  if (directory === undefined) return (log) => corefileOf(flags, log, wrongs);
  if (flags.has('kubeconfig')) {
    throw new UsageError(
      'Cannot use --kube-dns-config and --kubeconfig together: expected one of them',
    );
  }
  const options = textOptions(flags);
  let isFirst = wrongs === undefined;
  return async (log) => {
    const remark = (text: string) => log.warning(`kube-dns: ${text}`);
    const read = () => readKubeDns(readKubeDnsDirectory(directory));
    const config = isFirst ? readOr(read, NOTHING, log) : readIn(directory, read);
    isFirst = false;
    const said = forwarded(config, remark);
    const file = fileOf(flags);
    const warn = (text: string) => log.warning(text);
    if (file === undefined) {
      const source = { file: MADE, text: corefileText(said, options) };
      return parseWithImports(source, {}, warn, wrongs);
    }
    const { text, corefile } = readCorefile(file, process.env, () => {}, wrongs);
    // Nothing is merged into what can't be read.
    if (wrongs !== undefined && wrongs.count > 0) return corefile;
    const { cluster } = options;
    const edited = merge(text, said, { file, corefile, cluster, remark });
    return parseWithImports({ file, text: edited.text() }, process.env, warn, wrongs);
  };
}

function readOr(read: () => KubeDnsConfig, otherwise: KubeDnsConfig, log: Log): KubeDnsConfig {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof KubeDnsError)) throw error;
    log.error(`kube-dns: all of its ConfigMap is left out: ${error.message}`);
    return otherwise;
  }
}

function readIn(directory: string, read: () => KubeDnsConfig): KubeDnsConfig {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof KubeDnsError)) throw error;
    throw new ConfigurationError({ file: directory, line: 1 }, error.message);
  }
}
