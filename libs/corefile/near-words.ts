/** What somebody may have meant: the words that are a slip or two away. */

/** A letter too many, too few or another. */
const SLIPS_MAX = 2;

/** The nearest of them, if any is near enough. */
export function nearWords(word: string, words: readonly string[]): readonly string[] {
  const near = words
    .map((each) => ({ each, count: slips(word, each) }))
    .filter(({ each, count }) => count <= Math.min(SLIPS_MAX, each.length / 3));
  const least = Math.min(...near.map(({ count }) => count));
  return near.filter(({ count }) => count === least).map(({ each }) => each);
}

/** Levenshtein's distance, row by row: how many letters are to be put in, left out or changed. */
function slips(from: string, to: string): number {
  if (Math.abs(from.length - to.length) > SLIPS_MAX) return Number.POSITIVE_INFINITY;
  let above = [...to, ''].map((_, i) => i);
  for (const [i, letter] of [...from].entries()) {
    const row = [i + 1];
    for (const [j, other] of [...to].entries()) {
      const put = (row[j] ?? 0) + 1;
      const left = (above[j + 1] ?? 0) + 1;
      const changed = (above[j] ?? 0) + (letter === other ? 0 : 1);
      row.push(Math.min(put, left, changed));
    }
    above = row;
  }
  return above.at(-1) ?? 0;
}
