/**
 * Directives, served twice: on one port the table may answer, on the other each query goes through
 * the chain. Whatever is asked is asked of both, and both must say the same.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { rcodeName } from '../../libs/dns/iana.ts';
import { type Message, OPTION_EDE } from '../../libs/dns/message.ts';
import { formatRecord } from '../../libs/dns/presentation.ts';
import { type Asking, ask } from '../e2e/ask.ts';
import { IsthmusProcess } from '../e2e/isthmus-process.ts';
import { freePort } from '../servers/free-port.ts';
import { makeTempDirectory, removeTempDirectory } from '../servers/temp-directory.ts';

const WAYS = ['table', 'chain'] as const;
type Way = (typeof WAYS)[number];
type Ports = Readonly<Record<Way, number>>;

export interface TwoWaysOptions {
  /** Where all server blocks listen. */
  readonly hosts?: string;
  /** A process for each way: a Corefile has one federation. */
  readonly apart?: boolean;
}

interface Started {
  readonly process: IsthmusProcess;
  /** Of ready and prometheus. */
  readonly pagePort: number;
}

export class TwoWays<Name extends string> {
  readonly #folder: string;
  readonly #ports: ReadonlyMap<Name, Ports>;
  readonly #started: readonly [Started, ...Started[]];

  private constructor(
    folder: string,
    ports: ReadonlyMap<Name, Ports>,
    started: readonly [Started, ...Started[]],
  ) {
    this.#folder = folder;
    this.#ports = ports;
    this.#started = started;
  }

  /** Directives by a name for the server block that has them. */
  static async start<Name extends string>(
    directives: Readonly<Record<Name, readonly string[]>>,
    { hosts = '127.0.0.1', apart = false }: TwoWaysOptions = {},
  ): Promise<TwoWays<Name>> {
    const folder = makeTempDirectory();
    const ports = new Map<Name, Ports>();
    const texts = { table: '', chain: '' };
    const pagePorts = { table: await freePort(), chain: await freePort() };
    for (const name of keysOf(directives)) {
      const block = { table: await freePort(), chain: await freePort() };
      ports.set(name, block);
      for (const way of WAYS) {
        const pages = `127.0.0.1:${pagePorts[apart ? way : 'table']}`;
        const lines = [`bind ${hosts}`, `ready ${pages}`, `prometheus ${pages}`];
        // A log of names that nobody asks for keeps the block off the table, and writes nothing.
        if (way === 'chain') lines.push('log nobody.test {common}');
        const body = [...lines, ...directives[name]].map((line) => `    ${line}\n`);
        texts[way] += `.:${block[way]} {\n${body.join('')}}\n`;
      }
    }
    const run = (way: keyof typeof texts, text: string) => {
      const cwd = join(folder, way);
      mkdirSync(cwd);
      writeFileSync(join(cwd, 'Corefile'), text);
      const process = new IsthmusProcess(['up', '-conf', 'Corefile', '-quiet'], { cwd });
      return { process, pagePort: pagePorts[way] };
    };
    const { table, chain } = texts;
    if (!apart) return new TwoWays(folder, ports, [run('table', table + chain)]);
    return new TwoWays(folder, ports, [run('table', table), run('chain', chain)]);
  }

  /** The first one, where there are two. */
  get process(): IsthmusProcess {
    return this.#started[0].process;
  }

  /**
   * The lines of the answer section, sorted; where there is none, what is said instead: `NODATA
   * cluster.local. 5` with the owner and TTL of the SOA, `SERVFAIL 14` with the extended error.
   */
  async ask(name: Name, question: string, asking: Asking = {}): Promise<readonly string[]> {
    const [table, chain] = await this.replies(name, question, asking);
    const said = linesOf(table);
    assert.deepEqual(said, linesOf(chain), `${question}: the table (first) and the chain differ`);
    return said;
  }

  /** The lines of a zone as dig gets it, sorted, without its SOA; `binary` is dig's. */
  async transfer(name: Name, zone: string, binary: string): Promise<readonly string[]> {
    const port = this.#ports.get(name)?.table;
    const flags = ['@127.0.0.1', '-p', `${port}`, '+time=5', '+tries=1', '+noall', '+answer'];
    const { stdout } = await promisify(execFile)(binary, [...flags, zone, 'AXFR']);
    const lines = stdout.split('\n').filter((line) => line !== '' && !line.startsWith(';'));
    return lines
      .map((line) => line.replace(/\s+/g, ' '))
      .filter((line) => !line.includes(' SOA '))
      .sort();
  }

  /** What dig says in short, sorted, asking from this address; `binary` is dig's. */
  async dig(
    name: Name,
    question: string,
    source: string,
    binary: string,
  ): Promise<readonly string[]> {
    const port = this.#ports.get(name)?.table;
    const flags = ['@127.0.0.1', '-p', `${port}`, '-b', source, '+time=5', '+short'];
    const { stdout } = await promisify(execFile)(binary, [...flags, ...question.split(' ')]);
    return stdout
      .split('\n')
      .filter((line) => line !== '')
      .sort();
  }

  /** Both replies. As stub resolvers do, asks again when none comes: packets may be lost. */
  async replies(name: Name, question: string, asking: Asking = {}): Promise<readonly Message[]> {
    const replies = new Map<Way, Message>();
    for (const way of WAYS) {
      await this.process.until(async () => {
        const reply = await this.#askBy(way, name, question, asking);
        if (reply !== undefined) replies.set(way, reply);
        return reply !== undefined;
      }, `the ${way} replies to ${question}`);
    }
    return [...replies.values()];
  }

  /** Waits until both say this, written as for expectedOf. */
  async until(
    name: Name,
    question: string,
    expected: readonly string[],
    asking: Asking = {},
  ): Promise<void> {
    let said: readonly (readonly string[])[] = [];
    const wanted = JSON.stringify(expectedOf(question, expected));
    try {
      await this.process.until(async () => {
        const both = WAYS.map((way) => this.#askBy(way, name, question, asking));
        said = (await Promise.all(both)).map(linesOf);
        return said.every((lines) => JSON.stringify(lines) === wanted);
      }, `${question} is ${wanted}`);
    } catch (error) {
      throw new Error(`it is ${JSON.stringify(said)}`, { cause: error });
    }
  }

  /** A page of ready or prometheus, of the first process where there are two. */
  page(path: string): Promise<{ readonly status: number; readonly text: string }> {
    return pageOf(this.#started[0], path);
  }

  async untilReady(): Promise<void> {
    for (const started of this.#started) {
      let text = '';
      await started.process
        .until(async () => {
          const page = await pageOf(started, '/ready');
          text = page.text;
          return page.status === 200;
        }, 'it is ready')
        .catch((error: unknown) => {
          throw new Error(`waiting: ${text}`, { cause: error });
        });
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.#started.map(({ process }) => process.kill()));
    removeTempDirectory(this.#folder);
  }

  /** Undefined: no reply came in time. */
  #askBy(way: Way, name: Name, question: string, asking: Asking): Promise<Message | undefined> {
    const block = this.#ports.get(name);
    assert.ok(block !== undefined);
    const [owner = '', type = ''] = question.split(' ');
    return ask(block[way], owner, type, asking);
  }
}

/**
 * What `ask` gives for a question, written short: `10 IN A 10.96.0.1` is a record of the name that
 * is asked.
 */
export function expectedOf(question: string, answer: readonly string[]): readonly string[] {
  const owner = question.replace(/\.? .*$/, '.');
  return answer.map((line) => (/^\d/.test(line) ? `${owner} ${line}` : line)).sort();
}

export function linesOf(message: Message | undefined): readonly string[] {
  if (message === undefined) return ['silence'];
  const { answer, rcode, authority, edns } = message;
  const status = rcodeName(rcode);
  // The target of an alias may be denied.
  const records = answer.map(formatRecord).sort();
  if (records.length > 0) return status === 'NOERROR' ? records : [...records, status];
  const error = edns?.options.find(({ code }) => code === OPTION_EDE)?.data;
  if (status !== 'NOERROR' && status !== 'NXDOMAIN') {
    return [error === undefined ? status : `${status} ${((error[0] ?? 0) << 8) | (error[1] ?? 0)}`];
  }
  const soa = authority.find(({ type }) => type === 'SOA');
  const from = soa === undefined ? 'without SOA' : `${soa.name} ${soa.ttl}`;
  return [`${status === 'NOERROR' ? 'NODATA' : status} ${from}`];
}

async function pageOf({ pagePort }: Started, path: string) {
  const page = await fetch(`http://127.0.0.1:${pagePort}${path}`).catch(() => undefined);
  return page === undefined
    ? { status: 0, text: '' }
    : { status: page.status, text: await page.text() };
}

function keysOf<Name extends string>(of: Readonly<Record<Name, unknown>>): readonly Name[] {
  const isName = (key: string): key is Name => Object.hasOwn(of, key);
  return Object.keys(of).filter(isName);
}
