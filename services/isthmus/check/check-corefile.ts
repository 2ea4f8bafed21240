/**
 * A Corefile as a start would have it, up to where a start opens something: read, set up, and then
 * left alone.
 */
import type { Corefile } from '../../../libs/corefile/corefile.ts';
import { createTable } from '../../../libs/table/table-writer.ts';
import { createLog, type Log } from '../../../libs/telemetry/log.ts';
import { Metrics } from '../../../libs/telemetry/metrics.ts';
import { type Configuration, configure } from '../../resolver/configuration.ts';
import { CachedAnswersTable } from '../../resolver/control/cached-answers.ts';
import { QueryGroups } from '../../resolver/query-groups.ts';
import { BlockClusters } from '../block-clusters.ts';
import { type CheckCluster, checkStanzas, federationOptionsOf } from '../checked-corefile.ts';
import { checkCluster } from '../open-cluster.ts';
import { ServedSince } from '../served-since.ts';
import { setups } from '../setups.ts';

/** Nothing is ever put there. */
const TABLE_OCTETS = 65_536;

export interface Checked {
  readonly configuration: Configuration;
  /** What plugins and the reading of the file warn of, as they say it. */
  readonly warnings: readonly string[];
}

/** `read`: gives the file, and warns. Throws ConfigurationError. */
export async function checkCorefile(
  read: (log: Log) => Promise<Corefile>,
  dnsPort: number,
): Promise<Checked> {
  const warnings: string[] = [];
  const warn = (text: string) => void warnings.push(text);
  const log: Log = { ...createLog(() => {}), warning: warn, error: warn };
  const corefile = await read(log);
  const checked = hereOrElsewhere(warn);
  await federationOptionsOf(corefile, checked);
  const metrics = new Metrics();
  const table = createTable({ octets: TABLE_OCTETS });
  const groups = new QueryGroups(log);
  const cachedAnswers = new CachedAnswersTable(table, groups);
  // Opened by a start only.
  const state = '';
  const servedSince = new ServedSince(state, log);
  const clusters = new BlockClusters({
    ...{ table, log, metrics, groups, cachedAnswers, servedSince, state },
  });
  const configuration = configure(corefile, {
    ...{ log, metrics, cachedAnswers, dnsPort },
    setups: setups(undefined, clusters),
  });
  await checkStanzas(corefile, checked);
  return { configuration, warnings };
}

/** A Corefile for a pod is checked elsewhere: that there is no service account proves nothing. */
function hereOrElsewhere(warn: (text: string) => void): CheckCluster {
  return async (source, { file, line }) => {
    const wrong = await checkCluster(source);
    if (wrong === undefined || source.kind !== 'in-cluster') return wrong;
    warn(`${file}:${line}: here it would not start: ${wrong}`);
    return undefined;
  };
}
