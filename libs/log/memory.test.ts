import { describe } from 'node:test';
import { testLogContract } from './contract.ts';
import { createMemoryLogs } from './memory.ts';

describe('the log in memory', () =>
  testLogContract(async () => {
    const logs = createMemoryLogs();
    return { connect: async () => logs, end: async () => {} };
  }));
