/** `npm run bench -- WORD`: runs the bench of that name. */
import { compile } from './compile.ts';
import { propagation } from './propagation.ts';
import { query } from './query.ts';
import { relist } from './relist.ts';
import { scale } from './scale.ts';
import { shared } from './shared.ts';
import { start } from './start.ts';

const BENCHES: Readonly<Record<string, (words: readonly string[]) => Promise<void>>> = {
  compile,
  propagation,
  query,
  relist,
  scale,
  shared,
  start,
};

const [word, ...words] = process.argv.slice(2);
const bench = word !== undefined && Object.hasOwn(BENCHES, word) ? BENCHES[word] : undefined;
try {
  if (bench === undefined) {
    const known = Object.keys(BENCHES).join(', ');
    const is = word === undefined ? 'none is named' : 'there is no such bench';
    throw new Error(`Cannot run the bench "${word ?? ''}": ${is}; expected one of: ${known}`);
  }
  await bench(words);
} catch (error) {
  process.exitCode = 1;
  const isSentence = error instanceof Error && error.message.startsWith('Cannot ');
  console.error(isSentence ? error.message : error);
}
