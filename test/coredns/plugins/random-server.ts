/**
 * A port with its server blocks: mostly one for all names, or one for each of some zones, or two of
 * which the first has a view.
 */
import { isWithin, lowerName } from '../../../libs/dns/name.ts';
import { type Asked, plain } from '../questions.ts';
import type { Random } from '../random.ts';
import { type BlockPlace, PATH, randomBlock } from './random-block.ts';

export interface Block {
  /** Absolute, lower-case. */
  readonly zones: readonly string[];
  readonly view: View | undefined;
  /** Its directives. */
  readonly lines: readonly string[];
}

/** Blocks of one port, in the order of the file. */
export type Server = readonly Block[];

interface View {
  readonly expression: string;
  readonly takes: (asked: Asked) => boolean;
}

const VIEWS: readonly [View, ...View[]] = [
  { expression: "type() == 'A'", takes: ({ type }) => type === 'A' },
  { expression: "proto() == 'tcp'", takes: ({ transport }) => transport === 'tcp' },
  {
    expression: 'bufsize() > 512',
    takes: ({ edns, transport }) => edns !== undefined || transport === 'tcp',
  },
  { expression: 'do()', takes: ({ edns }) => edns?.dnssecOk === true },
  { expression: "name() startsWith 'a'", takes: ({ name }) => /^a/i.test(name) },
  {
    expression: "name() matches '[.]net[.]$' && type() in ['A', 'AAAA', 'MX']",
    takes: ({ name, type }) => /\.net\.$/i.test(name) && ['A', 'AAAA', 'MX'].includes(type),
  },
  {
    expression: "incidr(client_ip(), '127.0.0.0/8') and not (type() contains 'A')",
    takes: ({ type }) => !type.includes('A'),
  },
  { expression: "incidr(client_ip(), '10.0.0.0/8')", takes: () => false },
];

const SHAPES: readonly (readonly [percent: number, zones: readonly (readonly string[])[]])[] = [
  [60, [['.']]],
  [20, [['example.org.'], ['.']]],
  [
    10,
    [
      ['sub.example.org.', 'example.net.'],
      ['example.org.', '.'],
    ],
  ],
  [10, [['example.org.', 'example.net.']]],
];
const VIEW_PERCENT = 15;

export function randomServer(random: Random, place: BlockPlace): Server {
  const block = (zones: readonly string[], view?: View): Block => {
    return { zones, view, lines: randomBlock(random, place) };
  };
  if (random.percent(VIEW_PERCENT)) {
    return withOnePath([block(['.'], random.pick(VIEWS)), block(['.'])]);
  }
  let left = random.below(100);
  for (const [percent, blocks] of SHAPES) {
    left -= percent;
    if (left < 0) return withOnePath(blocks.map((zones) => block(zones)));
  }
  return [block(['.'])];
}

/** `autopath` of the block without a view that has the names below the path, and of no other. */
function withOnePath(server: Server): Server {
  const own = blockOf(
    server.filter(({ view }) => view === undefined),
    plain(PATH[0], 'A'),
  );
  return server.map((block) =>
    block === own ? block : { ...block, lines: withoutDirective('autopath', block.lines) },
  );
}

/** Whose question it is: of the block with the longest zone whose view takes it. */
export function blockOf(server: Server, asked: Asked): Block | undefined {
  const name = lowerName(asked.name);
  const known = server.flatMap((block) =>
    block.zones
      .filter((zone) => isWithin(name, zone) && (block.view?.takes(asked) ?? true))
      .map((zone) => ({ block, zone })),
  );
  // Stable: of blocks for the same zone, the first in the file.
  return known.toSorted((a, b) => b.zone.length - a.zone.length)[0]?.block;
}

/** As the Corefile has it. */
export function formatServer(server: Server, port: number): string {
  return server.map((block) => formatBlock(block, port)).join('');
}

function formatBlock({ zones, view, lines }: Block, port: number): string {
  const body = ['bind 127.0.0.1', ...(view ? ['view one {', `expr ${view.expression}`, '}'] : [])];
  const keys = zones.map((zone) => `${zone}:${port}`).join(' ');
  return `${keys} {\n${[...body, ...lines].map((line) => `    ${line}\n`).join('')}}\n`;
}

/** The same without some directive: what was said without that plugin. */
export function without(plugin: string, server: Server): Server {
  return server.map((block) => ({ ...block, lines: withoutDirective(plugin, block.lines) }));
}

/**
 * The block with `autopath`, alone and without it: names of the search path are asked of that block,
 * whatever its zones are. What else goes by its zones names them. A server without `autopath` stays.
 */
export function withoutPath(server: Server): Server {
  const block = server.find(({ lines }) => lines.some((line) => line.startsWith('autopath')));
  if (block === undefined) return server;
  const zones = block.zones.map((zone) => (zone === '.' ? zone : zone.slice(0, -1))).join(' ');
  const lines = withoutDirective('autopath', block.lines).map((line) =>
    line.replace(/^(acl|hosts hosts|cache(?: \d+)?)(?= \{$|$)/, `$1 ${zones}`),
  );
  return [{ zones: ['.'], view: undefined, lines }];
}

function withoutDirective(plugin: string, lines: readonly string[]): readonly string[] {
  const kept: string[] = [];
  let isInside = false;
  for (const line of lines) {
    if (isInside) {
      isInside = line !== '}';
    } else if (line === plugin || line.startsWith(`${plugin} `)) {
      isInside = line.endsWith('{');
    } else {
      kept.push(line);
    }
  }
  return kept;
}
