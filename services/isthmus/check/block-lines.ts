/** Server blocks as a table for people: where, for what, who answers, which plugins. */
import { listenAddressText } from '../../../libs/corefile/listen-address.ts';
import type { Listener } from '../../resolver/block.ts';
import type { CheckedBlock } from './checked-block.ts';
import { isForTable } from './surprises.ts';

/** Columns of a terminal that nobody made wider. */
export const COLUMNS = 100;
/** Of a list in a cell that is not the last one. */
const CELL_MAX = 28;
const GAP = '  ';

/** `file`: that of the Corefile; blocks of others name theirs. */
export function blockLines(blocks: readonly CheckedBlock[], file: string): readonly string[] {
  const rows = blocks.map((one) => [
    one.source.file === file ? String(one.source.line) : `${one.source.file}:${one.source.line}`,
    shortened([...new Set(one.source.keys.map(({ text }) => text))]),
    shortened(one.listeners.map(listenerText)),
    wayOf(one),
    one.block.plugins.map(({ name }) => name).join(' '),
  ]);
  const table = [['LINE', 'ZONES', 'LISTENS ON', 'ANSWERS', 'PLUGINS'], ...rows];
  const widths = [0, 1, 2, 3].map((column) =>
    Math.max(...table.map((row) => (row[column] ?? '').length)),
  );
  const indent = widths.reduce((sum, width) => sum + width + GAP.length, 0);
  return table.flatMap((row) => {
    const head = widths.map((width, column) => (row[column] ?? '').padEnd(width) + GAP).join('');
    const [first = '', ...more] = wrapped(row[4] ?? '', Math.max(20, COLUMNS - indent));
    return [`${head}${first}`.trimEnd(), ...more.map((line) => ' '.repeat(indent) + line)];
  });
}

/** Plain DNS is the usual: other schemes are told. */
function listenerText({ host, port, server }: Listener): string {
  const [scheme = ''] = server.split('://');
  const address = listenAddressText({ host: host || '*', port });
  return scheme === 'dns' ? address : `${scheme}://${address}`;
}

/** Who gives the answers: the table where it can. */
function wayOf(one: CheckedBlock): string {
  if (!isForTable(one)) return 'chain';
  return one.block.tableDenies ? 'table' : 'table, denials chain';
}

function shortened(texts: readonly string[]): string {
  const all = texts.join(' ');
  if (all.length <= CELL_MAX || texts.length === 1) return all;
  const rest = texts.length - 1;
  return `${texts[0]} and ${rest} more`;
}

/** Words in lines of at most so many columns. */
export function wrapped(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
