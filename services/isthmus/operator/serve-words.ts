/**
 * A process whose logs nobody else can open hears operators on a Unix socket in its state
 * directory: one request a connection, a line of JSON each way.
 *
 *   {"verb":"drain","of":"east"}  ─►  {"code":0,"text":"east is drained, …"}
 *
 * Only the user of the process may connect; whoever may, could read its log files as well.
 */
import { lstatSync, mkdirSync, unlinkSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Log } from '../../../libs/telemetry/log.ts';
import { UsageError } from '../flags.ts';
import { type Asked, isOutput, isVerb } from './words.ts';

/** One request: a name or two, and a time. */
const REQUEST_OCTETS_MAX = 4096;
/** Connections at once: an operator, and the scripts of another. */
const CLIENTS_MAX = 8;
/** Of the path of a socket, in octets: macOS's limit; Linux takes four more. */
const PATH_OCTETS_MAX = 103;
/** For a request to come, in ms. */
const REQUEST_WITHIN_MS = 5000;

export interface Request extends Asked {
  /** Undefined: the one that there is. */
  readonly federation: string | undefined;
}

/** `code`: what the command ends with. */
export interface Response {
  readonly code: number;
  readonly text: string;
}

export interface WordServer {
  /** False: a warning has said why not. */
  readonly isHeard: boolean;
  close(): Promise<void>;
}

export interface WordServerOptions {
  readonly state: string;
  readonly answer: (request: Request) => Promise<string>;
  readonly log: Log;
}

export function socketPath(state: string): string {
  return join(state, 'control.sock');
}

/** Undefined: nothing is. */
export function whyNoSocket(path: string): string | undefined {
  if (Buffer.byteLength(path) <= PATH_OCTETS_MAX) return undefined;
  return `a socket's path may have ${PATH_OCTETS_MAX} octets, and this one has more`;
}

/** Where it can't listen, a warning says so: it answers DNS all the same. */
export async function serveWords(options: WordServerOptions): Promise<WordServer> {
  const path = socketPath(options.state);
  const server = createServer((socket) => serve(socket, options));
  server.maxConnections = CLIENTS_MAX;
  const clients = new Set<Socket>();
  server.on('connection', (socket) => {
    clients.add(socket);
    socket.once('close', () => clients.delete(socket));
  });
  try {
    const why = whyNoSocket(path);
    if (why !== undefined) throw new Error(why);
    // A log that is in memory has made none.
    mkdirSync(options.state, { recursive: true, mode: 0o700 });
    await forgetDead(path);
    await listen(server, path);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    options.log.warning(`Cannot hear operators at "${path}": ${why}; isthmus status needs it`);
  }
  return {
    isHeard: server.listening,
    close: () =>
      new Promise((done) => {
        for (const client of clients) client.destroy();
        server.close(() => done());
      }),
  };
}

/** A process that was killed leaves its socket behind; one that lives keeps it. */
async function forgetDead(path: string): Promise<void> {
  const found = await new Promise<string>((done) => {
    const probe = connect(path);
    probe.once('connect', () => done('alive'));
    probe.once('error', (error: NodeJS.ErrnoException) => done(error.code ?? ''));
    probe.once('close', () => probe.destroy());
  });
  if (found === 'alive') throw new Error('another process hears there');
  if (found === 'ECONNREFUSED' && lstatSync(path).isSocket()) unlinkSync(path);
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((done, failed) => {
    server.once('error', failed);
    server.once('listening', done);
    // The file is made within the call, and is nobody else's from the beginning.
    const before = process.umask(0o177);
    try {
      server.listen(path);
    } finally {
      process.umask(before);
    }
  });
}

function serve(socket: Socket, options: WordServerOptions): void {
  let received = '';
  socket.setEncoding('utf8');
  socket.setTimeout(REQUEST_WITHIN_MS, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  const take = (chunk: string) => {
    received += chunk;
    const end = received.indexOf('\n');
    if (end < 0 && received.length <= REQUEST_OCTETS_MAX) return;
    socket.off('data', take);
    socket.setTimeout(0);
    void respond(received.slice(0, Math.max(0, end)), options).then((response) =>
      socket.end(`${JSON.stringify(response)}\n`),
    );
  };
  socket.on('data', take);
}

async function respond(line: string, { answer }: WordServerOptions): Promise<Response> {
  try {
    return { code: 0, text: await answer(readRequest(line)) };
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return { code: error instanceof UsageError ? 2 : 1, text };
  }
}

/** Throws UsageError. */
function readRequest(line: string): Request {
  const from = parsed(line);
  const text = (field: string) => {
    const value = from[field];
    return typeof value === 'string' ? value : undefined;
  };
  const [verb = '', output = 'table'] = [text('verb'), text('output')];
  if (!isVerb(verb) || !isOutput(output)) {
    throw new UsageError(
      `Cannot run "${verb}": this process does not know it; expected the same version of isthmus`,
    );
  }
  const [of, cluster, at] = [text('of'), text('cluster'), text('at')];
  return { verb, of, cluster, at, output, federation: text('federation') };
}

function parsed(line: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null) return { ...value };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new UsageError('Cannot read the request: it is no JSON object on a line of 4 KiB');
}
