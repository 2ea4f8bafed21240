/**
 * TCP ports on loopback that nobody listens on. Below the range that the kernel gives to outgoing
 * connections (from 32768 on Linux), so that none of those takes one before the server does.
 */
import { createServer } from 'node:net';

const FROM = 20_000;
const TO = 32_000;
const ATTEMPTS_MAX = 100;

export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
    const port = FROM + Math.floor(Math.random() * (TO - FROM));
    if (await isFree(port)) return port;
  }
  throw new Error(`Cannot find a free port: ${ATTEMPTS_MAX} were taken; expected a free one`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
