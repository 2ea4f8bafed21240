/**
 * `isthmus check`: whether a Corefile can be used, what it comes to, and what of it may surprise.
 * Nothing is started or opened.
 */
import { DEFAULT_PORTS } from '../../../libs/corefile/key.ts';
import { fileOf, LAPTOP_PORT } from '../corefile-of.ts';
import { corefileReader } from '../corefile-reader.ts';
import { type Flags, UsageError } from '../flags.ts';
import { blockLines, COLUMNS, wrapped } from './block-lines.ts';
import { checkCorefile } from './check-corefile.ts';
import { checkedBlocks } from './checked-block.ts';
import { surprisesOf } from './surprises.ts';

/** What is to be printed. Throws UsageError or ConfigurationError: it can't be used. */
export async function check(given: Flags, words: readonly string[]): Promise<string> {
  const [file, extra] = words;
  if (extra !== undefined) {
    throw new UsageError(`Cannot check "${words.join(' ')}": expected isthmus check [FILE]`);
  }
  const flags = file === undefined ? given : given.with('conf', file);
  const usual = flags.has('kubeconfig') ? LAPTOP_PORT : DEFAULT_PORTS.dns;
  const dnsPort = flags.port('dns.port') ?? usual;
  const read = corefileReader(flags, { isStrict: true });
  const { configuration, warnings } = await checkCorefile(read, dnsPort);
  const blocks = checkedBlocks(configuration);
  const name = fileOf(flags) ?? blocks[0]?.source.file ?? '';
  const surprises = surprisesOf(blocks, dnsPort).map(
    ({ at, text }) => `${at.file}:${at.line}: ${text}`,
  );
  const all = [...new Set([...warnings, ...surprises])];
  const count = `${blocks.length} server ${blocks.length === 1 ? 'block' : 'blocks'}`;
  return [
    `${name} can be used: ${count}`,
    '',
    ...blockLines(blocks, name),
    ...(all.length === 0 ? [] : ['', 'What may surprise:', '']),
    ...all.flatMap(warningLines),
  ].join('\n');
}

/** The place stands out, and a line is no longer than a terminal's. */
function warningLines(text: string): readonly string[] {
  const [first = '', ...more] = wrapped(text, COLUMNS - 4);
  return [first, ...more.map((line) => `    ${line}`)];
}
