/** Asks the process that has a state directory: see serve-words.ts. */
import { connect } from 'node:net';
import { UsageError } from '../flags.ts';
import { type Request, type Response, socketPath, whyNoSocket } from './serve-words.ts';

/** Of one response, in octets: a page of a hundred clusters takes 60 KiB. */
const RESPONSE_OCTETS_MAX = 16 * 1024 * 1024;
/** In ms; the slowest is a pin, which follows the history of one Service. */
const RESPONSE_WITHIN_MS = 60_000;

/** What it tells. Throws UsageError, and an Error that says why. */
export async function askProcess(state: string, request: Request): Promise<string> {
  const { code, text } = await exchange(state, request);
  if (code === 0) return text;
  throw code === 2 ? new UsageError(text) : new Error(text);
}

function exchange(state: string, request: Request): Promise<Response> {
  const path = socketPath(state);
  return new Promise((done, failed) => {
    const socket = connect(path);
    let received = '';
    const whyNot = whyNoSocket(path);
    const fail = (why: string) => {
      socket.destroy();
      failed(
        new Error(
          `Cannot ask the process at "${path}": ${why}; expected a running isthmus that keeps ` +
            'its log there (--state DIR), or --log nats://HOST:4222',
        ),
      );
    };
    socket.setEncoding('utf8');
    socket.setTimeout(RESPONSE_WITHIN_MS, () => fail('it does not answer'));
    socket.on('connect', () => socket.write(`${JSON.stringify(request)}\n`));
    socket.on('error', (error: NodeJS.ErrnoException) => fail(whyNot ?? whyOf(error)));
    socket.on('data', (chunk: string) => {
      received += chunk;
      if (received.length > RESPONSE_OCTETS_MAX) fail('its answer is too long');
    });
    socket.on('end', () => {
      const response = readResponse(received);
      if (response === undefined) fail('its answer can not be read');
      else done(response);
    });
  });
}

function whyOf({ code, message }: NodeJS.ErrnoException): string {
  switch (code) {
    case 'ENOENT':
    case 'ECONNREFUSED':
      return 'none is there';
    case 'EACCES':
      return 'it is of another user';
    default:
      return message;
  }
}

function readResponse(line: string): Response | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== 'object' || value === null) return undefined;
    const { code, text }: { code?: unknown; text?: unknown } = value;
    return typeof code === 'number' && typeof text === 'string' ? { code, text } : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
