/** The plugin over files of a folder, and what it says. */
import { rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { RCODE, rcodeName } from '../../../../libs/dns/iana.ts';
import { formatRecord, parseRecord } from '../../../../libs/dns/presentation.ts';
import { askPlugin } from '../../../../test/plugin/ask-plugin.ts';
import { directives } from '../../../../test/plugin/directives.ts';
import { setupContext } from '../../../../test/plugin/setup-context.ts';
import { makeTempDirectory, removeTempDirectory } from '../../../../test/servers/temp-directory.ts';
import type { Plugin } from '../../plugin.ts';
import type { Next } from '../../query.ts';
import { emptyResponse, type Response } from '../../response.ts';
import { createFileSetup } from './setup.ts';

export const DB = `$TTL 60
@ SOA ns admin 7 1 2 3 30
@ NS ns
ns A 192.0.2.1
*.wild A 192.0.2.2
a.ent A 192.0.2.3
out CNAME x.test.
sub NS ns.sub
ns.sub A 192.0.2.4
`;

export const withSerial = (serial: number, more = '') =>
  DB.replace('admin 7', `admin ${serial}`) + more;

/** A time in the past, for files that are whole. */
export const LONG_AGO = 1_000_000_000;
export const NOW_MS = 2_000_000_000_000;

interface Given {
  readonly files?: Readonly<Record<string, string>>;
  readonly zones?: readonly string[];
}

/** The plugin over files of a folder; `look` lets time go by until they are looked at again. */
export async function file(
  t: TestContext,
  text = 'file db',
  { files = { db: DB }, ...given }: Given = {},
) {
  const folder = makeTempDirectory();
  t.after(() => removeTempDirectory(folder));
  const write = (name: string, content: string, seconds = LONG_AGO) => {
    writeFileSync(join(folder, name), content);
    utimesSync(join(folder, name), seconds, seconds);
  };
  for (const [name, content] of Object.entries(files)) write(name, content);
  const looks = new Set<() => Promise<void>>();
  const everyMs: number[] = [];
  const every = (ms: number, work: () => Promise<void>) => {
    everyMs.push(ms);
    looks.add(work);
    return () => looks.delete(work);
  };
  const { zones = ['example.org.'] } = given;
  const { context, lines } = setupContext({ zones });
  const setup = createFileSetup({ every, wallMs: () => NOW_MS });
  const plugin = setup(directives(text, join(folder, 'Corefile')), context);
  await plugin.start?.();
  t.after(async () => plugin.stop?.());
  return {
    plugin,
    path: join(folder, 'db'),
    lines,
    everyMs,
    metrics: context.metrics,
    write,
    remove: (name: string) => rmSync(join(folder, name)),
    look: async () => {
      for (const look of [...looks]) await look();
    },
    ask: (question: string, next?: Next) => ask(plugin, question, next),
    serial: async () => (await ask(plugin, 'example.org. SOA'))[1]?.split(' ')[6],
  };
}

export const passed: Next = async () => ({
  ...emptyResponse(RCODE.NOERROR),
  answer: [parseRecord('passed. 1 IN A 192.0.2.9')],
});

async function ask(
  plugin: Plugin,
  question: string,
  next: Next = passed,
): Promise<readonly string[]> {
  const [name = '', type = ''] = question.split(' ');
  return lines(await askPlugin(plugin, name, type, next));
}

export function lines({
  rcode,
  authoritative,
  answer,
  authority,
  additional,
}: Response): readonly string[] {
  return [
    rcodeName(rcode) + (authoritative ? ' aa' : ''),
    ...answer.map(formatRecord),
    ...authority.map((record) => `auth ${formatRecord(record)}`),
    ...additional.map((record) => `more ${formatRecord(record)}`),
  ];
}
