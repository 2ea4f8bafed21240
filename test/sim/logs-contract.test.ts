/** While nothing fails, the simulated logs obey the laws of all logs. */

import { describe } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { testLogContract } from '../../libs/log/contract.ts';
import { LogServer } from './log-server.ts';
import { Machine } from './machine.ts';
import { Link, Network } from './network.ts';
import { Seeded } from './seeded.ts';
import { SimLogs } from './sim-logs.ts';
import { Timeline } from './timeline.ts';

describe('the simulated logs', () => {
  testLogContract(async () => {
    const timeline = new Timeline();
    const chance = new Seeded(1);
    const network = new Network(timeline, chance);
    const server = new LogServer({ added: () => {}, reset: () => {} }, () => 0);
    let isOver = false;
    let machines = 0;
    const run = async () => {
      while (!isOver) {
        timeline.next(Number.POSITIVE_INFINITY)?.act();
        await setImmediate();
      }
    };
    const running = run();
    return {
      isReplicated: true,
      async connect() {
        const machine = new Machine(`machine-${++machines}`, timeline, 0);
        const wire = new Link(network, server).connect(machine);
        return new SimLogs({ wire, server, chance, onStored: () => {} });
      },
      async end() {
        isOver = true;
        await running;
      },
    };
  });
});
