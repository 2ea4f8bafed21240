/**
 * The servers that are compared, over one API server: CoreDNS, and Isthmus twice, as it answers
 * from the table and as it answers from the chain. Each is a process with a server block for each
 * variant.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lowerName } from '../../libs/dns/name.ts';
import type { ApiServer } from '../cluster/apiserver.ts';
import { IsthmusProcess, until } from '../e2e/isthmus-process.ts';
import { freePort } from '../servers/free-port.ts';
import { ServerProcess } from '../servers/server-process.ts';
import { makeTempDirectory } from '../servers/temp-directory.ts';
import { startUpstream } from '../servers/upstream.ts';
import { Exchange } from './exchange.ts';
import { answerExternal } from './external-names.ts';
import { type Asked, encodeAsked, plain } from './questions.ts';
import { type Reply, readReply } from './reply.ts';
import { sentinelNames } from './sentinel.ts';
import { type Place, serverBlock, type Variant, type Way } from './variant.ts';

export interface Compared {
  readonly port: number;
  ask(asked: Asked): Promise<Reply>;
}

/** The servers of one variant. */
export interface Compares {
  readonly variant: Variant;
  readonly theirs: Compared;
  /** By the way they answer. */
  readonly ours: readonly { readonly way: Way; readonly server: Compared }[];
}

export interface Servers {
  readonly all: readonly Compares[];
  /** Waits until all of them have seen this sentinel, and all of the API that is older. */
  untilSeen(sentinel: number): Promise<void>;
  stop(): Promise<void>;
}

interface Process {
  readonly name: string;
  readonly readyPort: number;
  readonly output: () => string;
  readonly kill: () => Promise<void>;
}

interface Block {
  readonly process: Process;
  readonly variant: Variant;
  readonly way: Way;
  readonly port: number;
  readonly exchange: Exchange;
}

type Part = Pick<Block, 'variant' | 'way'>;
type Run = (corefile: string) => Pick<Process, 'name' | 'output' | 'kill'>;

export async function startServers(
  api: ApiServer,
  coredns: string,
  variants: readonly Variant[],
): Promise<Servers> {
  const folder = makeTempDirectory();
  const upstream = await startUpstream((query) => [answerExternal(query)]);
  const shared = { kubeconfig: api.kubeconfig, upstreamPort: upstream.port };
  const runs = [
    { run: startCoredns(coredns, folder), parts: partsOf(variants, ['theirs']) },
    // A Corefile has one federation.
    ...WAYS.map((way) => ({
      run: startIsthmus(folder),
      parts: partsOf(variants, [way]),
    })),
  ];
  const blocks: Block[] = [];
  for (const { run, parts } of runs)
    blocks.push(...(await startProcess(run, parts, folder, shared)));
  return {
    all: variants.map((variant) => comparesOf(blocks.filter((one) => one.variant === variant))),
    untilSeen: async (sentinel) => {
      await Promise.all(blocks.map((block) => untilSeen(block, sentinel)));
    },
    stop: async () => {
      await Promise.all(blocks.map(({ exchange }) => exchange.close()));
      const processes = new Set(blocks.map(({ process }) => process));
      await Promise.all([...processes].map((process) => process.kill()));
      await upstream.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const WAYS = ['table', 'chain'] as const;

function partsOf(variants: readonly Variant[], ways: readonly Way[]): readonly Part[] {
  return variants.flatMap((variant) => ways.map((way) => ({ variant, way })));
}

/** One Corefile with a block for each part. */
async function startProcess(
  run: Run,
  parts: readonly Part[],
  folder: string,
  shared: Pick<Place, 'kubeconfig' | 'upstreamPort'>,
): Promise<readonly Block[]> {
  const readyPort = await freePort();
  const ports: number[] = [];
  let text = '';
  for (const [i, { variant, way }] of parts.entries()) {
    const port = await freePort();
    ports.push(port);
    const place = { ...shared, port, readyPort: i === 0 ? readyPort : undefined };
    text += serverBlock(variant, place, way);
  }
  const corefile = join(folder, `${readyPort}.Corefile`);
  writeFileSync(corefile, text);
  const process = { ...run(corefile), readyPort };
  return Promise.all(
    parts.map(async (part, i) => {
      const port = ports[i] ?? 0;
      return { ...part, port, process, exchange: await Exchange.open(port) };
    }),
  );
}

function startCoredns(binary: string, cwd: string): Run {
  return (corefile) => {
    const server = new ServerProcess('coredns', binary, ['-conf', corefile], cwd);
    return { name: 'CoreDNS', output: () => server.output, kill: () => server.kill() };
  };
}

function startIsthmus(cwd: string): Run {
  return (corefile) => {
    const server = new IsthmusProcess(['up', '-conf', corefile, '-quiet'], { cwd });
    return { name: 'Isthmus', output: () => server.output, kill: () => server.kill() };
  };
}

function comparesOf([first, ...others]: readonly Block[]): Compares {
  if (first === undefined) throw new RangeError('Cannot compare: nobody serves this variant');
  return {
    variant: first.variant,
    theirs: compared(first),
    ours: others.map((block) => ({ way: block.way, server: compared(block) })),
  };
}

function compared({ exchange, port }: Block): Compared {
  const silent = new Set<string>();
  return {
    port,
    ask: async (asked) => {
      const key = `${lowerName(asked.name)} ${asked.type}`;
      // Who says nothing to a question says nothing to it again.
      const tries = silent.has(key) ? 1 : undefined;
      const reply = readReply(await exchange.ask(encodeAsked(asked), asked.transport, tries));
      if (reply.kind === 'silence') silent.add(key);
      return reply;
    },
  };
}

/** At first all of the API is listed, in any order; then it comes as it was written. */
async function untilSeen({ process, variant, way, exchange }: Block, sentinel: number) {
  const hasAddress = async (name: string) => {
    // One try: a server that is not there yet says nothing for long.
    const reply = readReply(await exchange.ask(encodeAsked(plain(name, 'A')), 'udp', 1));
    return reply.kind === 'message' && reply.message.answer.length > 0;
  };
  const missing = new Set(sentinelNames(variant, sentinel));
  const isSeen = async () => {
    if (!(await isReady(process.readyPort))) return false;
    for (const name of missing) if (await hasAddress(name)) missing.delete(name);
    return missing.size === 0;
  };
  const what = `${process.name} (${way}) has seen the sentinel ${sentinel}`;
  await until(isSeen, what, () => `not ${[...missing].join(', ')}; ${process.output()}`);
}

async function isReady(port: number): Promise<boolean> {
  const page = await fetch(`http://127.0.0.1:${port}/ready`).catch(() => undefined);
  return page?.ok === true;
}
