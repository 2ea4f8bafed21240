/** A forward plugin of a test, over upstreams that the test plays. */
import { formatRecord } from '../../../../libs/dns/presentation.ts';
import { directives } from '../../../../test/plugin/directives.ts';
import { setupContext } from '../../../../test/plugin/setup-context.ts';
import type { Script, ScriptedUpstream } from '../../../../test/servers/upstream.ts';
import { startUpstream } from '../../../../test/servers/upstream.ts';
import type { Response } from '../../response.ts';
import { createForwardSetup } from './setup.ts';

export interface Scene {
  after(stop: () => Promise<void>): void;
}

export async function givenUpstreams(
  t: Scene,
  ...scripts: readonly Script[]
): Promise<readonly ScriptedUpstream[]> {
  const started = await Promise.all(scripts.map((script) => startUpstream(script)));
  t.after(async () => {
    await Promise.all(started.map((upstream) => upstream.close()));
  });
  return started;
}

/** The directives, and files that they name. */
export function givenForward(
  t: Scene,
  lines: string,
  files: Readonly<Record<string, string>> = {},
) {
  const { context, lines: said } = setupContext();
  const clock = { extraMs: 0 };
  const readFile = (path: string) => {
    const text = files[path];
    if (text === undefined) throw new Error(`ENOENT: no such file or directory, open '${path}'`);
    return text;
  };
  const setup = createForwardSetup(readFile, () => performance.now() + clock.extraMs);
  const configure = () => setup(directives(lines), context);
  const plugin = configure();
  t.after(async () => plugin.stop?.());
  return { plugin, metrics: context.metrics, said, configure, clock };
}

/** To the query, and no message: a server that is ill is known at once. */
export const garbage: Script = ({ id }) => [
  Uint8Array.of(id >> 8, id & 255, 0x80, 0, 0, 1, 0, 1, 0, 0, 0, 0, 77),
];

export const at = ({ address, port }: ScriptedUpstream) => `${address}:${port}`;

export const shown = ({ answer }: Response) => answer.map(formatRecord);
