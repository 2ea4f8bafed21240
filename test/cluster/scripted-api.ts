/**
 * An API server that does what a test says, for the faults that a real one won't show on demand.
 * Lists with limit and continue, watches with resourceVersion, over plain HTTP.
 *
 *   const api = await startScriptedApi();
 *   api.put(rawObject('Service', 'shop', 'web', { … }));
 *   api.answerNext('services', 'watch', { status: 410 });      one request gets this instead
 *   api.cutStreams('services');  api.sendLine('services', 'garbled');  api.hang(); …
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ObjectKind, type ObjectRef, refKey } from '../../libs/event/object.ts';
import { freePort } from '../servers/free-port.ts';
import { collectionPath, type RawObject, refOfRaw } from './collections.ts';

export type Verb = 'list' | 'watch';

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Asked {
  readonly verb: Verb;
  /** Plural of the resource. */
  readonly resource: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly at: number;
}

interface Change {
  readonly version: number;
  readonly resource: string;
  readonly line: string;
}

/** Only a failing test waits so long. */
const PATIENCE_MS = 15_000;

export class ScriptedApi {
  readonly asked: Asked[] = [];
  readonly folder: string;
  readonly kubeconfig: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #objects = new Map<string, RawObject>();
  readonly #changes: Change[] = [];
  readonly #streams = new Set<{ readonly resource: string; readonly response: ServerResponse }>();
  readonly #answers: { resource: string; verb: Verb; answer: Answer; isOnce: boolean }[] = [];
  readonly #unserved = new Set<string>();
  #version = 100;
  #port = 0;
  #isHanging = false;
  #wake: (() => void)[] = [];

  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), 'isthmus-scripted-api-'));
    this.kubeconfig = join(this.folder, 'kubeconfig');
    this.#server = createServer((request, response) => this.#serve(request, response));
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  /** Listens, also again on the same port after stop: an API server that comes back. */
  async start(): Promise<void> {
    // One of the ports for outgoing connections could be taken by one of them meanwhile.
    if (this.#port === 0) this.#port = await freePort();
    await new Promise<void>((resolve) => this.#server.listen(this.#port, '127.0.0.1', resolve));
    const cluster = { server: `http://127.0.0.1:${this.#port}` };
    const config = {
      'current-context': 'scripted',
      contexts: [{ name: 'scripted', context: { cluster: 'scripted', user: 'scripted' } }],
      clusters: [{ name: 'scripted', cluster }],
      users: [{ name: 'scripted', user: { token: 'a-token' } }],
    };
    writeFileSync(this.kubeconfig, JSON.stringify(config));
  }

  /** Nobody listens, and every connection is reset. */
  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.resetAndDestroy();
    await closed;
  }

  async close(): Promise<void> {
    if (this.#server.listening) await this.stop();
    rmSync(this.folder, { recursive: true });
  }

  put(raw: RawObject): void {
    const key = refKey(refOfRaw(raw));
    this.#change(this.#objects.has(key) ? 'MODIFIED' : 'ADDED', raw);
  }

  delete(ref: ObjectRef): void {
    const raw = this.#objects.get(refKey(ref));
    if (raw !== undefined) this.#change('DELETED', raw);
  }

  deleteAll(kind: ObjectKind): void {
    for (const raw of [...this.#objects.values()]) {
      if (raw.kind === kind) this.#change('DELETED', raw);
    }
  }

  /** Changes what is stored without a notification: as when a watch missed it. */
  forget(ref: ObjectRef): void {
    this.#objects.delete(refKey(ref));
    this.#version++;
  }

  /** As if restored from a backup of before this object: also the version is an older one. */
  goBack(ref: ObjectRef): void {
    this.#objects.delete(refKey(ref));
    this.#changes.length = 0;
    this.#version = 50;
  }

  /** Lines up an answer for the next request of this kind. */
  answerNext(resource: string, verb: Verb, answer: Answer): void {
    this.#answers.push({ resource, verb, answer, isOnce: true });
  }

  answerAlways(resource: string, verb: Verb, answer: Answer): void {
    this.#answers.push({ resource, verb, answer, isOnce: false });
  }

  answerRight(): void {
    this.#answers.length = 0;
  }

  /** As if no CRD of this resource were installed. */
  unserve(resource: string): void {
    this.#unserved.add(resource);
    this.cutStreams(resource);
  }

  serve(resource: string): void {
    this.#unserved.delete(resource);
  }

  /** Accepts connections and requests, and never answers; streams stay open and silent. */
  hang(isHanging: boolean): void {
    this.#isHanging = isHanging;
  }

  sendLine(resource: string, line: string): void {
    for (const stream of this.#streams) {
      const isOpen = stream.resource === resource && !stream.response.writableEnded;
      if (isOpen && !this.#isHanging) stream.response.write(`${line}\n`);
    }
  }

  sendBookmark(resource: string, kind: string): void {
    const object = { kind, metadata: { resourceVersion: String(this.#version) } };
    this.sendLine(resource, JSON.stringify({ type: 'BOOKMARK', object }));
  }

  /** Ends the streams as a server does whose timeoutSeconds are over. */
  endStreams(resource: string): void {
    for (const { resource: its, response } of this.#streams) if (its === resource) response.end();
  }

  /** Resets the connections of the streams. */
  cutStreams(resource: string): void {
    for (const stream of this.#streams) {
      if (stream.resource === resource) stream.response.socket?.resetAndDestroy();
    }
  }

  /** Waits until a request was made that fits. */
  async untilAsked(fits: (asked: Asked) => boolean): Promise<Asked> {
    const patience = AbortSignal.timeout(PATIENCE_MS);
    for (;;) {
      const found = this.asked.find(fits);
      if (found !== undefined) return found;
      if (patience.aborted) throw new Error('Waited in vain for a request');
      await new Promise<void>((resolve) => {
        patience.addEventListener('abort', () => resolve(), { once: true });
        this.#wake.push(resolve);
      });
    }
  }

  askedOf(resource: string, verb: Verb): readonly Asked[] {
    return this.asked.filter((one) => one.resource === resource && one.verb === verb);
  }

  #change(type: 'ADDED' | 'MODIFIED' | 'DELETED', raw: RawObject): void {
    const version = ++this.#version;
    const object = { ...raw, metadata: { ...raw.metadata, resourceVersion: String(version) } };
    const key = refKey(refOfRaw(raw));
    if (type === 'DELETED') this.#objects.delete(key);
    else this.#objects.set(key, object);
    const resource = pluralOf(collectionPath(raw.kind, ''));
    const line = JSON.stringify({ type, object });
    this.#changes.push({ version, resource, line });
    this.sendLine(resource, line);
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams: query } = new URL(request.url ?? '', 'http://api');
    const verb = query.get('watch') === null ? 'list' : 'watch';
    const resource = pluralOf(pathname);
    this.asked.push({ verb, resource, path: pathname, query, at: performance.now() });
    for (const wake of this.#wake.splice(0)) wake();
    if (this.#isHanging) return;
    const i = this.#answers.findIndex((one) => one.resource === resource && one.verb === verb);
    const scripted = this.#answers[i];
    if (scripted !== undefined) {
      if (scripted.isOnce) this.#answers.splice(i, 1);
      reply(response, scripted.answer);
    } else if (this.#unserved.has(resource) || pathname.includes('/v1beta1/')) {
      reply(response, { status: 404, body: '404 page not found\n' });
    } else if (verb === 'list') this.#list(resource, query, response);
    else this.#watch(resource, query, response);
  }

  #list(resource: string, query: URLSearchParams, response: ServerResponse): void {
    const all = [...this.#objects.values()].filter(
      ({ kind }) => pluralOf(collectionPath(kind, '')) === resource,
    );
    const from = Number(query.get('continue') ?? 0);
    const items = all.slice(from, from + Number(query.get('limit') ?? all.length));
    const end = from + items.length;
    const metadata = {
      resourceVersion: String(this.#version),
      ...(end < all.length ? { continue: String(end) } : {}),
    };
    // As the API does: items of built-in kinds say neither apiVersion nor kind.
    const bare = items.map(({ apiVersion: _version, kind: _kind, ...rest }) => rest);
    reply(response, { status: 200, body: JSON.stringify({ metadata, items: bare }) });
  }

  #watch(resource: string, query: URLSearchParams, response: ServerResponse): void {
    const stream = { resource, response };
    this.#streams.add(stream);
    response.once('close', () => this.#streams.delete(stream));
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    const from = Number(query.get('resourceVersion'));
    for (const change of this.#changes) {
      if (change.resource === resource && change.version > from) response.write(`${change.line}\n`);
    }
  }
}

export async function startScriptedApi(): Promise<ScriptedApi> {
  const api = new ScriptedApi();
  await api.start();
  return api;
}

function pluralOf(path: string): string {
  return path.split('/').at(-1) ?? '';
}

function reply(response: ServerResponse, { status, headers, body }: Answer): void {
  const otherwise = JSON.stringify({ kind: 'Status', code: status, message: 'as the test says' });
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(body ?? otherwise);
}
