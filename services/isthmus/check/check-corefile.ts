/**
 * A Corefile as a start would have it, up to where a start opens something: read, set up, and then
 * left alone.
 */
import type { Corefile, ServerBlock } from '../../../libs/corefile/corefile.ts';
import type { Wrongs } from '../../../libs/corefile/wrongs.ts';
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
  /** Undefined where something is wrong. */
  readonly configuration: Configuration | undefined;
  /** All that is wrong, a line each. */
  readonly errors: readonly string[];
  /** As far as they can be read. */
  readonly blocks: readonly ServerBlock[];
  /** What plugins and the reading of the file warn of, as they say it. */
  readonly warnings: readonly string[];
}

/** `read`: gives the file, and warns; errors go to `wrongs`. All of it is checked. */
export async function checkCorefile(
  read: (log: Log) => Promise<Corefile>,
  wrongs: Wrongs,
  dnsPort: number,
): Promise<Checked> {
  const warnings: string[] = [];
  const warn = (text: string) => void warnings.push(text);
  const log: Log = { ...createLog(() => {}), warning: warn, error: warn };
  const corefile = (await wrongs.ofWaiting(() => read(log))) ?? { blocks: [] };
  const checked = hereOrElsewhere(warn);
  await wrongs.ofWaiting(() => federationOptionsOf(corefile, checked));
  const configuration = wrongs.of(() => configurationOf(corefile, log, dnsPort));
  await wrongs.ofWaiting(() => checkStanzas(corefile, checked));
  const { blocks } = corefile;
  const errors = wrongs.lines();
  return {
    configuration: errors.length === 0 ? configuration : undefined,
    errors,
    blocks,
    warnings,
  };
}

function configurationOf(corefile: Corefile, log: Log, dnsPort: number): Configuration {
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
  return configure(corefile, {
    ...{ log, metrics, cachedAnswers, dnsPort },
    setups: setups(undefined, clusters),
  });
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
