/**
 * TCP ports on loopback that nobody listens on. Below the range that the kernel gives to outgoing
 * connections (from 32768 on Linux), so that none of those takes one before the server does; and
 * claimed among the processes of the tests, since a server listens only some time after its port
 * was found free. The claim is an abstract Unix socket: the kernel drops it with its process.
 */
import { createServer } from 'node:net';

const FROM = 20_000;
const TO = 32_000;
const ATTEMPTS_MAX = 100;

export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
    const port = FROM + Math.floor(Math.random() * (TO - FROM));
    if ((await isFree(port)) && (await claim(port))) return port;
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

/** Only Linux has abstract sockets; elsewhere chance must do. */
function claim(port: number): Promise<boolean> {
  if (process.platform !== 'linux') return Promise.resolve(true);
  return new Promise((resolve) => {
    const server = createServer().unref();
    server.once('error', () => resolve(false));
    server.listen(`\0isthmus-test-port-${port}`, () => resolve(true));
  });
}
