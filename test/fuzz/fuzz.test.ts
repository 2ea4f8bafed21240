import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { everyPlugin, framing, newTally, tableAndChain } from './properties.ts';
import { givenFederation, givenListeners } from './servers.ts';
import { streams } from './streams.ts';

/** Some seconds; `npm run test:fuzz` goes on for as long as it is told. */
const RUNS = Number(process.env.ISTHMUS_FUZZ_PACKETS ?? 3000);

test(`${RUNS} packets: table and chain say the same, and what is right`, async () => {
  const tally = newTally();
  const federation = await givenFederation();
  await fc.assert(tableAndChain(federation, tally), { numRuns: RUNS });
  federation.stop();
  assert.ok(tally.fromTable > RUNS / 50, `${tally.fromTable} from the table`);
  assert.ok(tally.fromChain > RUNS / 5, `${tally.fromChain} from the chain`);
  assert.ok(tally.silent > RUNS / 100, `${tally.silent} without a reply`);
});

test(`${RUNS} packets through every plugin: none throws`, async () => {
  const tally = newTally();
  await fc.assert(everyPlugin(tally), { numRuns: RUNS });
  assert.ok(tally.fromChain > RUNS / 2, `${tally.fromChain} were answered`);
});

test('streams over TCP, cut anywhere: each message has its reply, and no other', async (t) => {
  const listeners = await givenListeners();
  t.after(() => listeners.close());
  await fc.assert(streams(listeners.port), { numRuns: Math.ceil(RUNS / 30) });
});

test('messages over TCP come out as they went in, in whatever pieces', () => {
  fc.assert(framing(), { numRuns: 1000 });
});
