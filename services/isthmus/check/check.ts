/**
 * `isthmus check`: whether a Corefile can be used, what it comes to, and what of it may surprise.
 * Nothing is started or opened.
 */
import { DEFAULT_PORTS } from '../../../libs/corefile/key.ts';
import { Wrongs } from '../../../libs/corefile/wrongs.ts';
import { fileOf, LAPTOP_PORT } from '../corefile-of.ts';
import { corefileReader } from '../corefile-reader.ts';
import { type Flags, UsageError } from '../flags.ts';
import { blockLines, COLUMNS, wrapped } from './block-lines.ts';
import { checkCorefile } from './check-corefile.ts';
import { checkedBlocks } from './checked-block.ts';
import type { Surprise } from './surprise.ts';
import { surprisesOf, surprisesOfText } from './surprises.ts';

/** What is to be printed. */
export interface Report {
  /** What it comes to, and what may surprise; where it can't be used, the latter alone. */
  readonly text: string;
  /** Why it can't be used, a line each. */
  readonly errors: readonly string[];
}

/** Throws UsageError. */
export async function check(given: Flags, words: readonly string[]): Promise<Report> {
  const [file, extra] = words;
  if (extra !== undefined) {
    throw new UsageError(`Cannot check "${words.join(' ')}": expected isthmus check [FILE]`);
  }
  const flags = file === undefined ? given : given.with('conf', file);
  const usual = flags.has('kubeconfig') ? LAPTOP_PORT : DEFAULT_PORTS.dns;
  const dnsPort = flags.port('dns.port') ?? usual;
  const wrongs = new Wrongs();
  const read = corefileReader(flags, wrongs);
  const { configuration, errors, ...found } = await checkCorefile(read, wrongs, dnsPort);
  if (configuration === undefined) {
    const lines = surpriseLines(found.warnings, surprisesOfText(found.blocks));
    return { text: lines.join('\n'), errors };
  }
  const blocks = checkedBlocks(configuration);
  const name = fileOf(flags) ?? blocks[0]?.source.file ?? '';
  const count = `${blocks.length} server ${blocks.length === 1 ? 'block' : 'blocks'}`;
  const surprises = surpriseLines(found.warnings, surprisesOf(blocks, dnsPort));
  const lines = [
    `${name} can be used: ${count}`,
    '',
    ...blockLines(blocks, name),
    ...(surprises.length === 0 ? [] : ['', ...surprises]),
  ];
  return { text: lines.join('\n'), errors };
}

function surpriseLines(
  warnings: readonly string[],
  surprises: readonly Surprise[],
): readonly string[] {
  const told = surprises.map(({ at, text }) => `${at.file}:${at.line}: ${text}`);
  const all = [...new Set([...warnings, ...told])];
  return all.length === 0 ? [] : ['What may surprise:', '', ...all.flatMap(warningLines)];
}

/** The place stands out, and a line is no longer than a terminal's. */
function warningLines(text: string): readonly string[] {
  const [first = '', ...more] = wrapped(text, COLUMNS - 4);
  return [first, ...more.map((line) => `    ${line}`)];
}
