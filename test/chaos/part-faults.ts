/**
 * Faults of single parts and of pairs, and for each how old an answer may get. That is what the
 * design says, not what was measured: the sum of the times after which somebody gives up on
 * somebody.
 */
import { breakParts, type Fault, type How, over, PLAIN, type Step, type Which } from './fault.ts';
import { CLUSTERS, type ClusterName } from './objects-of.ts';
import { leaderOf, standbyOf, writerOf } from './roles.ts';
import type { World } from './world.ts';

/** How long most faults last: longer than it takes to notice. */
const SHORT_MS = 10_000;
const LONG_MS = 40_000;

/** While everything works, and after an API server is ready again. */
const CALM_MS = 2000;
/**
 * Nodes of NATS find a new leader in 4.6 to 8.3 s; clients leave a node that is silent to three
 * pings, 2 s apart, and then ask the next one.
 */
const NATS_MS = 16_000;
/** A standby takes over when a change was not told for 2 s, and no writer answered for 2 s. */
const STANDBY_MS = 8000;
/** Who reads a log asks again when it hears nothing for 1.25 s, or leaves its server as above. */
const READER_MS = 8000;

/** Of those that the gate runs, since it must not take long. */
const IN_THE_GATE = { isShort: true, durationMs: 5000 } as const;

/**
 * A resolver that starts has on its disk what was true five minutes ago at most. It is answered
 * until the log is found, where that takes longer than a tenth of a second.
 */
const KEPT_MS = 5 * 60_000;

const HOWS: readonly How[] = ['killed', 'stopped', 'cut off'];

interface Options {
  readonly oldestMs: number;
  readonly durationMs?: number;
  readonly mute?: readonly string[];
  readonly silent?: readonly ClusterName[];
  readonly isShort?: boolean;
}

function fault(name: string, steps: readonly Step[], options: Options): Fault {
  const { durationMs = SHORT_MS, silent = [], ...rest } = options;
  const unreachable = CLUSTERS.filter((of) => steps.some(({ which }) => which === `api-${of}`));
  return {
    ...PLAIN,
    ...rest,
    unreachable,
    silent: [...unreachable, ...silent],
    name: `${name}, ${durationMs / 1000} s`,
    needsCut: steps.some(({ how }) => how === 'cut off'),
    run: (world) => breakParts(world, steps, durationMs),
  };
}

function each(which: Which, name: string, options: (how: How) => Options): readonly Fault[] {
  return HOWS.map((how) => fault(`${name} ${how}`, [{ which, how }], options(how)));
}

/** Nobody hears of changes while it lasts, where changes can be made at all. */
const deaf = (durationMs: number, thenMs: number) => durationMs + thenMs;

const API: readonly Fault[] = [
  ...CLUSTERS.flatMap((of) =>
    each(`api-${of}`, `API server of ${of}`, (how) => ({
      oldestMs: how === 'killed' ? CALM_MS : deaf(SHORT_MS, READER_MS),
      ...(of === 'west' && how === 'killed' ? IN_THE_GATE : {}),
    })),
  ),
  fault('API server of east killed', [{ which: 'api-east', how: 'killed' }], {
    oldestMs: CALM_MS,
    durationMs: LONG_MS,
  }),
];

const NATS: readonly Fault[] = [
  ...[1, 2, 3].flatMap((i) =>
    each(`nats-${i}`, `NATS node ${i}`, () => ({ oldestMs: NATS_MS + READER_MS })),
  ),
  ...each(leaderOf('east'), 'NATS leader of the log of east', (how) => ({
    oldestMs: NATS_MS + READER_MS,
    ...(how === 'killed' ? IN_THE_GATE : {}),
  })),
  fault(
    'all NATS nodes killed',
    [1, 2, 3].map((i) => ({ which: `nats-${i}`, how: 'killed' })),
    { oldestMs: deaf(SHORT_MS, NATS_MS) },
  ),
];

const REDIS: readonly Fault[] = [
  ...each('redis', 'Redis', () => ({ oldestMs: CALM_MS })),
  {
    ...PLAIN,
    name: 'Redis flushed',
    isShort: true,
    oldestMs: CALM_MS,
    async run({ redis }: World) {
      await redis.first.command('FLUSHALL');
      return over();
    },
  },
];

const WATCHERS: readonly Fault[] = [
  ...each(writerOf('west'), 'writer of west', (how) => ({
    oldestMs: STANDBY_MS,
    isShort: how === 'cut off',
  })),
  ...each(standbyOf('west'), 'standby of west', () => ({ oldestMs: CALM_MS })),
  fault(
    'both watchers of west killed',
    [1, 2].map((i) => ({ which: `watcher-west-${i}`, how: 'killed' })),
    { oldestMs: deaf(SHORT_MS, READER_MS), silent: ['west'], ...IN_THE_GATE },
  ),
];

const RESOLVERS: readonly Fault[] = each('resolver-1', 'resolver 1', (how) => ({
  oldestMs: how === 'killed' ? KEPT_MS : deaf(SHORT_MS, READER_MS),
  mute: how === 'cut off' ? [] : ['resolver-1'],
  ...(how === 'killed' ? IN_THE_GATE : {}),
}));

const PAIRS: readonly Fault[] = [
  fault(
    'API server of west and a NATS node killed',
    [
      { which: 'api-west', how: 'killed' },
      { which: 'nats-2', how: 'killed' },
    ],
    { oldestMs: deaf(SHORT_MS, NATS_MS) },
  ),
  fault(
    'both API servers killed',
    CLUSTERS.map((of) => ({ which: `api-${of}`, how: 'killed' })),
    { oldestMs: CALM_MS },
  ),
  fault(
    'NATS leader of east and Redis killed',
    [
      { which: leaderOf('east'), how: 'killed' },
      { which: 'redis', how: 'killed' },
    ],
    { oldestMs: NATS_MS + READER_MS },
  ),
  fault(
    'two NATS nodes stopped',
    [1, 2].map((i) => ({ which: `nats-${i}`, how: 'stopped' })),
    { oldestMs: deaf(SHORT_MS, NATS_MS + READER_MS) },
  ),
  fault(
    'two NATS nodes cut off',
    [2, 3].map((i) => ({ which: `nats-${i}`, how: 'cut off' })),
    { oldestMs: deaf(SHORT_MS, NATS_MS + READER_MS) },
  ),
  fault(
    'writer of west stopped, NATS leader of west killed',
    [
      { which: writerOf('west'), how: 'stopped' },
      { which: leaderOf('west'), how: 'killed' },
    ],
    { oldestMs: deaf(SHORT_MS, STANDBY_MS + NATS_MS) },
  ),
  fault(
    'both resolvers cut off',
    [1, 2].map((i) => ({ which: `resolver-${i}`, how: 'cut off' })),
    { oldestMs: deaf(SHORT_MS, READER_MS) },
  ),
  fault(
    'resolver 1 and Redis killed',
    [
      { which: 'resolver-1', how: 'killed' },
      { which: 'redis', how: 'killed' },
    ],
    { oldestMs: KEPT_MS, mute: ['resolver-1'] },
  ),
  fault(
    'resolver 1 and a NATS node killed',
    [
      { which: 'resolver-1', how: 'killed' },
      { which: 'nats-3', how: 'killed' },
    ],
    { oldestMs: KEPT_MS, mute: ['resolver-1'] },
  ),
];

export const PART_FAULTS: readonly Fault[] = [
  ...API,
  ...NATS,
  ...REDIS,
  ...WATCHERS,
  ...RESOLVERS,
  ...PAIRS,
];
