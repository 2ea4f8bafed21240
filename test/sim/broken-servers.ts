/** What servers lose: the log, the store, an API server; and what an operator says. */
import { type ControlEvent, controlSubjectOf } from '../../libs/event/control.ts';
import { encodeControl } from '../../libs/event/control-codec.ts';
import { CONTROL_LOG } from '../../libs/log/check.ts';
import type { Endings } from './endings.ts';
import { hasLasting } from './objects.ts';
import { FEDERATION } from './surroundings.ts';
import type { SimCluster, World } from './world.ts';

/** Entries of a log's end that a server had not written, at most. */
const TAIL_MAX = 12;
/** For how long a list that lacks most is not believed, in ms: see holds.ts. And well after. */
const HELD_FOR_MS = [3000, 50_000] as const;
const BELIEVED_AFTER_MS = [70_000, 110_000] as const;

export function breakLog(world: World, endings: Endings): void {
  const { chance, logServer, trace } = world;
  const logs = [...logServer.logs.values()];
  if (logs.length === 0) return;
  const broken = chance.chance(0.3) ? logs : [chance.pick(logs)];
  const isAnew = chance.chance(0.4);
  logServer.stop();
  endings.later(50, 3000, 'the log starts', () => {
    for (const log of broken) {
      const { position } = log.head;
      const to = Math.max(0, position - 1 - chance.below(TAIL_MAX));
      trace.add(`  the log of ${log.cluster} ${isAnew ? 'is made anew' : `ends at ${to} again`}`);
      if (isAnew) log.makeAnew();
      else log.loseTail(to);
      // Neither its API nor its log knows what there was.
      const cluster = world.clusters.find(({ name }) => name === log.cluster);
      if (cluster?.isWiped === true) cluster.isInterrupted = true;
    }
    logServer.start();
  });
}

/** Emptied, or what it was before. */
export function breakStore({ chance, storeServer, trace }: World): void {
  if (storeServer === undefined) return;
  const { backups } = storeServer;
  const backup = backups[chance.below(2 * backups.length + 1)];
  trace.add(`  the store is ${backup === undefined ? 'emptied' : 'what it was'}`);
  storeServer.restore(backup);
}

export function breakApi(world: World, endings: Endings): void {
  const { chance, trace } = world;
  const cluster = chance.pick(world.clusters);
  const { api, backups, name } = cluster;
  if (chance.chance(0.5)) {
    trace.add(`  the watches of ${name} end`);
    api.cutWatches();
  } else if (chance.chance(0.7)) {
    trace.add(`  ${name} is restored as it was`);
    api.restart(chance.pick(backups));
    cluster.isWiped = false;
  } else {
    wipe(cluster, world, endings);
  }
}

/** Its API server lists nothing any more, for a while. Small clusters may lose their names so. */
function wipe(cluster: SimCluster, { chance, trace, checks }: World, endings: Endings): void {
  const { api, name, isLarge } = cluster;
  // What the log was not told yet, nobody knows any more.
  const logged = checks.replays.now(name);
  const isLogged = logged?.complete === true && hasLasting(logged);
  const isBelieved = chance.chance(0.3);
  const before = cluster.isWiped ? chance.pick(cluster.backups) : api.backup();
  trace.add(`  ${name} lists nothing any more`);
  api.restart(new Map());
  cluster.isWiped = true;
  if (!isLarge || isBelieved || !isLogged) cluster.isInterrupted = true;
  const [least, most] = isBelieved ? BELIEVED_AFTER_MS : HELD_FOR_MS;
  endings.later(least, most, `${name} lists what it had`, () => {
    api.restart(before);
    cluster.isWiped = false;
  });
}

/** As an operator does, who waits until his word is stored. */
export function drain(world: World): void {
  const { chance, clusters, logServer, timeline, trace } = world;
  if (!world.isJudged) return;
  const { name: cluster } = chance.pick(clusters);
  const event: ControlEvent = { kind: chance.pick(['drained', 'restored'] as const), cluster };
  const log = logServer.log(CONTROL_LOG);
  const subject = controlSubjectOf(FEDERATION, event);
  const observedAt = new Date(timeline.nowMs).toISOString();
  const data = encodeControl({ event, observedAt, prev: log.lastOf(subject)?.position ?? 0 });
  trace.add(`  ${cluster} is ${event.kind}`);
  log.add({ subject, data, id: `operator.${world.steps}` });
}
