/**
 * The servers that are compared, over one API server: CoreDNS, and Isthmus twice, as it answers
 * from the table and as it answers from the chain.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RCODE } from '../../libs/dns/iana.ts';
import type { ApiServer } from '../cluster/apiserver.ts';
import { IsthmusProcess, until } from '../e2e/isthmus-process.ts';
import { freePort } from '../servers/free-port.ts';
import { ServerProcess } from '../servers/server-process.ts';
import { makeTempDirectory } from '../servers/temp-directory.ts';
import { startUpstream } from '../servers/upstream.ts';
import { Exchange, type Transport } from './exchange.ts';
import { answerExternal } from './external-names.ts';
import { sentinelAddress } from './put-world.ts';
import { encodeAsked, plain } from './questions.ts';
import { type Reply, readReply } from './reply.ts';
import { corednsCorefile, isthmusCorefile, type Place, type Variant } from './variant.ts';

export interface Compared {
  ask(packet: Uint8Array, transport: Transport): Promise<Reply>;
}

export interface Servers {
  readonly theirs: Compared;
  /** By the way they answer. */
  readonly ours: readonly { readonly way: 'table' | 'chain'; readonly server: Compared }[];
  /** Waits until all of them have seen this sentinel, and all of the API that is older. */
  untilSeen(sentinel: number): Promise<void>;
  stop(): Promise<void>;
}

interface Started {
  readonly name: string;
  readonly readyPort: number;
  readonly exchange: Exchange;
  readonly output: () => string;
  readonly kill: () => Promise<void>;
}

export async function startServers(
  api: ApiServer,
  coredns: string,
  variant: Variant,
): Promise<Servers> {
  const folder = makeTempDirectory();
  const upstream = await startUpstream((query) => [answerExternal(query)]);
  const place = async () => ({
    port: await freePort(),
    readyPort: await freePort(),
    kubeconfig: api.kubeconfig,
    upstreamPort: upstream.port,
  });
  const theirs = await startCoredns(folder, coredns, variant, await place());
  const table = await startIsthmus(folder, 'table', variant, await place());
  const chain = await startIsthmus(folder, 'chain', variant, await place());
  const all = [theirs, table, chain];
  return {
    theirs: compared(theirs),
    ours: [
      { way: 'table', server: compared(table) },
      { way: 'chain', server: compared(chain) },
    ],
    untilSeen: async (sentinel) => {
      await Promise.all(all.map((server) => untilSeen(server, variant.zone, sentinel)));
    },
    stop: async () => {
      await Promise.all(all.map(({ exchange }) => exchange.close()));
      await Promise.all(all.map(({ kill }) => kill()));
      await upstream.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function startCoredns(
  folder: string,
  binary: string,
  variant: Variant,
  place: Place,
): Promise<Started> {
  const corefile = join(folder, `${place.port}.Corefile`);
  writeFileSync(corefile, corednsCorefile(variant, place));
  const server = new ServerProcess('coredns', binary, ['-conf', corefile], folder);
  return {
    name: 'CoreDNS',
    readyPort: place.readyPort,
    exchange: await Exchange.open(place.port),
    output: () => server.output,
    kill: () => server.kill(),
  };
}

async function startIsthmus(
  folder: string,
  way: 'table' | 'chain',
  variant: Variant,
  place: Place,
): Promise<Started> {
  const corefile = join(folder, `${place.port}.Corefile`);
  writeFileSync(corefile, isthmusCorefile(variant, place, way));
  const server = new IsthmusProcess(['up', '-conf', corefile, '-quiet'], { cwd: folder });
  return {
    name: `Isthmus (${way})`,
    readyPort: place.readyPort,
    exchange: await Exchange.open(place.port),
    output: () => server.output,
    kill: () => server.kill(),
  };
}

function compared({ exchange }: Started): Compared {
  return {
    ask: async (packet, transport) => readReply(await exchange.ask(packet, transport)),
  };
}

/** At first all of the API is listed, in any order; then it comes as it was written. */
async function untilSeen(
  { name, readyPort, exchange, output }: Started,
  zone: string,
  sentinel: number,
): Promise<void> {
  const namespace = `sentinel-${sentinel}.svc.${zone}.`;
  const says = async (asked: string) => {
    // One try: a server that is not there yet says nothing for long.
    const reply = readReply(await exchange.ask(encodeAsked(plain(asked, 'A')), 'udp', 1));
    if (reply.kind !== 'message') return undefined;
    const { rcode, answer } = reply.message;
    return { rcode, address: answer[0]?.rdata };
  };
  await until(
    async () =>
      (await isReady(readyPort)) &&
      (await says(`here.${namespace}`))?.address === sentinelAddress(sentinel) &&
      (await says(namespace))?.rcode === RCODE.NOERROR,
    `${name} has seen the sentinel ${sentinel}`,
    output,
  );
}

async function isReady(port: number): Promise<boolean> {
  const page = await fetch(`http://127.0.0.1:${port}/ready`).catch(() => undefined);
  return page?.ok === true;
}
