/**
 * `isthmus translate`: the ConfigMap of kube-dns → a Corefile on standard output, or into one that
 * is there (--apply-to). What can't be carried over goes to standard error, a sentence each.
 */
import { readFileSync, realpathSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { readCorefile } from '../../../libs/corefile/load.ts';
import { isClusterName } from '../../../libs/event/subject.ts';
import { type KubeDnsConfig, KubeDnsError, readKubeDns } from '../../../libs/kube-dns/config.ts';
import { readConfigMap } from '../../../libs/kube-dns/config-map.ts';
import { readKubeDnsDirectory } from '../../../libs/kube-dns/directory.ts';
import { type Flags, UsageError } from '../flags.ts';
import { corefileText, type TextOptions } from './corefile-text.ts';
import { merge } from './merge.ts';
import { RIGHTS } from './merge-federations.ts';
import { type Forwarded, forwarded } from './servers.ts';

const STANDARD_INPUT = 0;
const EXPECTED = 'isthmus translate FILE, a folder, or - for standard input';

export interface Translation {
  /** For standard output. */
  readonly text: string;
  readonly remarks: readonly string[];
}

/** Throws UsageError, or ConfigurationError for a Corefile that is none. */
export function translate(flags: Flags, words: readonly string[]): Translation {
  const [file, extra] = words;
  if (file === undefined || extra !== undefined) {
    throw new UsageError(`Cannot translate "${words.join(' ')}": expected ${EXPECTED}`);
  }
  const remarks: string[] = [];
  const remark = (text: string) => void remarks.push(text);
  const options = textOptions(flags);
  const config = forwarded(readGiven(file, remark), remark);
  const target = flags.text('apply-to');
  const text =
    target === undefined
      ? corefileText(withoutZone(config, options.zone, remark), options)
      : applied(target, config, options, remark);
  if (target === undefined && config.federations.size > 0) remark(RIGHTS);
  if (target === undefined) remark(DEPLOYMENT);
  return { text, remarks };
}

const DEPLOYMENT =
  "What kube-dns's Deployment says is not in its ConfigMap: flags of kubedns (--domain, " +
  '--nameservers) and of dnsmasq (--server, --address, --cache-size).';

/** Of the flags --zone and --cluster. Throws UsageError. */
export function textOptions(flags: Flags): TextOptions {
  const zone = flags.text('zone') ?? 'cluster.local';
  const cluster = flags.text('cluster') ?? 'here';
  if (!/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?\.?$/.test(zone)) {
    throw new UsageError(`Cannot use the zone "${zone}": it is none; expected cluster.local`);
  }
  if (isClusterName(cluster)) return { zone, cluster };
  const expected = 'a DNS label: a-z, 0-9 and -, at most 63';
  throw new UsageError(`Cannot use the cluster "${cluster}": it is no label; expected ${expected}`);
}

function readGiven(file: string, remark: (text: string) => void): KubeDnsConfig {
  try {
    const stats = file === '-' ? undefined : statSync(file);
    if (stats?.isDirectory() === true) return readKubeDns(readKubeDnsDirectory(file));
    const text = readFileSync(file === '-' ? STANDARD_INPUT : file, 'utf8');
    const { data, unknown } = readConfigMap(text);
    for (const key of unknown)
      remark(`The key ${key} is left out: kube-dns has none of this name.`);
    return readKubeDns(data);
  } catch (error) {
    const shown = file === '-' ? 'standard input' : file;
    if (error instanceof KubeDnsError) throw new UsageError(`${shown}: ${error.message}`);
    const is = error instanceof Error ? error.message : String(error);
    throw new UsageError(`Cannot read "${file}": ${is}; expected ${EXPECTED}`);
  }
}

function withoutZone(config: Forwarded, zone: string, remark: (text: string) => void): Forwarded {
  const stubDomains = config.stubDomains.filter((stub) => stub.zone !== zone);
  if (stubDomains.length < config.stubDomains.length) {
    remark(`The stub domain ${zone} is left out: it is served from the cluster.`);
  }
  return { ...config, stubDomains };
}

/** Changes the file, and gives what is different. */
function applied(
  file: string,
  config: Forwarded,
  { cluster }: TextOptions,
  remark: (text: string) => void,
): string {
  const { text, corefile } = readCorefile(file, process.env, () => {});
  let isLeftOut = false;
  const tell = (what: string) => {
    isLeftOut = true;
    remark(what);
  };
  const edited = merge(text, config, { file, corefile, cluster, remark: tell });
  if (!edited.isChanged)
    return `${file} ${isLeftOut ? 'stays as it is' : 'says all of it already'}`;
  // A link stays one.
  const real = realpathSync(file);
  const next = `${real}.isthmus`;
  writeFileSync(next, edited.text(), { mode: statSync(real).mode });
  renameSync(next, real);
  return [`--- ${file}`, `+++ ${file}`, ...edited.diff()].join('\n');
}
