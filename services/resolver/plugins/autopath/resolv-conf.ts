/**
 * The search list of a resolv.conf(5), as it is written there: of several lines with `search` or
 * `domain` the last one counts.
 */
export function searchListOf(text: string): readonly string[] {
  let list: readonly string[] = [];
  for (const line of text.split('\n')) {
    const [word, ...elements] = line.trim().split(/\s+/);
    if (word === 'search') list = elements;
    if (word === 'domain') list = elements.slice(0, 1);
  }
  return list;
}
