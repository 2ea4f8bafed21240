/**
 * Runs the client (load.c) against a server for one cell of the tables, and reads what it says.
 */
import { execFile, execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { isJson } from '../../../libs/cluster/field.ts';
import type { LoadWord } from './plan.ts';

/** What one cell measured. */
export interface Load {
  readonly seconds: number;
  readonly sent: number;
  readonly answered: number;
  /** Sent while it was measured, and never answered. */
  readonly lost: number;
  /** Not what they had to be: such a result is refused. */
  readonly wrong: number;
  /** User and system time of the server's processes, all their threads. */
  readonly cpuUs: number;
  readonly p50Us: number;
  readonly p99Us: number;
}

export interface LoadOrder {
  readonly questionFile: string;
  readonly port: number;
  readonly pids: readonly number[];
  readonly load: LoadWord;
  /** Questions a second; not for the closed loop. */
  readonly rate: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  /** The server sends back what it got: there is nothing to check. */
  readonly isEcho: boolean;
  /** It may keep this core busy; without, it sleeps between two questions. */
  readonly core: number | undefined;
}

/** Questions out in the closed loop. */
const OUTSTANDING = 100;
/**
 * The fewer there are, the less the client costs a question. With threads to spread over, there are
 * enough for each thread to get about its share.
 */
const SOCKETS_ONE_CORE = 4;
const SOCKETS_ALL_CORES = 16;
/** Beyond the time that is measured: it waits for the last answers. */
const PATIENCE_MS = 20_000;

const run = promisify(execFile);

/** Compiles a C file of this folder; the path of the program. */
export function compile(source: 'floor' | 'load', folder: string): string {
  const program = join(folder, source);
  const file = join(import.meta.dirname, `${source}.c`);
  try {
    execFileSync('cc', ['-O2', '-Wall', '-o', program, file, '-lpthread', '-lm']);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`Cannot compile "${source}.c": ${why}; expected a C compiler named cc`);
  }
  return program;
}

export async function runLoad(program: string, order: LoadOrder): Promise<Load> {
  const { questionFile, port, pids, load, rate, seconds, warmUpSeconds, isEcho, core } = order;
  const how = load === 'saturated' ? ['closed', OUTSTANDING] : ['open', rate];
  const sockets = core === undefined ? SOCKETS_ALL_CORES : SOCKETS_ONE_CORE;
  const what = [isEcho ? 'echo' : 'check', core === undefined ? 'sleep' : 'spin'];
  const words = [questionFile, port, ...how, seconds, warmUpSeconds, sockets, ...what, ...pids];
  const pinned = core === undefined ? [] : ['taskset', '-c', `${core}`];
  const [command = '', ...all] = [...pinned, program, ...words.map(String)];
  const timeout = (seconds + warmUpSeconds) * 1000 + PATIENCE_MS;
  const { stdout, stderr } = await run(command, all, { timeout });
  if (stderr !== '') process.stderr.write(stderr);
  return parseLoad(stdout);
}

/** The line of JSON that load.c ends with. */
export function parseLoad(line: string): Load {
  const said: unknown = JSON.parse(line);
  const number = (key: keyof Load): number => {
    const value = isJson(said) ? said[key] : undefined;
    if (typeof value === 'number') return value;
    throw new Error(`Cannot read "${line.trim()}": no number ${key}; expected what load.c says`);
  };
  return {
    seconds: number('seconds'),
    sent: number('sent'),
    answered: number('answered'),
    lost: number('lost'),
    wrong: number('wrong'),
    cpuUs: number('cpuUs'),
    p50Us: number('p50Us'),
    p99Us: number('p99Us'),
  };
}
