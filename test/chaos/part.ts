/** Whatever of the world can be killed, stopped and cut off, in one way. */
import type { ApiServer } from '../cluster/apiserver.ts';
import type { IsthmusProcess } from '../e2e/isthmus-process.ts';
import type { NatsServer } from '../servers/nats.ts';
import type { RedisServer } from '../servers/redis.ts';
import type { Machine } from './network.ts';

export interface Part {
  readonly name: string;
  readonly machine: Machine;
  /** kill -9. */
  kill(): Promise<void>;
  /** Resolves when a server says itself that it is there; for our own processes at once. */
  start(): Promise<void>;
  /** SIGSTOP and SIGCONT. */
  pause(): void;
  resume(): void;
}

export function partOfApi(machine: Machine, api: ApiServer): Part {
  return {
    name: machine.name,
    machine,
    kill: () => api.killBoth(),
    start: () => api.restart(),
    pause: () => api.pause(),
    resume: () => api.resume(),
  };
}

export function partOfNats(machine: Machine, node: NatsServer): Part {
  return {
    name: machine.name,
    machine,
    kill: () => node.kill(),
    start: () => node.start(),
    pause: () => node.pause(),
    resume: () => node.resume(),
  };
}

export function partOfRedis(machine: Machine, server: RedisServer): Part {
  return {
    name: machine.name,
    machine,
    kill: () => server.kill(),
    start: () => server.start(),
    pause: () => server.pause(),
    resume: () => server.resume(),
  };
}

export function partOfProcess(machine: Machine, process: IsthmusProcess): Part {
  return {
    name: machine.name,
    machine,
    kill: () => process.kill(),
    start: async () => process.restart(),
    pause: () => process.signal('SIGSTOP'),
    resume: () => process.signal('SIGCONT'),
  };
}
