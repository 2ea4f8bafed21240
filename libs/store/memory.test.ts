import { describe } from 'node:test';
import { testStoreContract } from './contract.ts';
import { MemoryStore } from './memory.ts';

describe('memory', () => {
  testStoreContract(async () => {
    const store = new MemoryStore();
    return { connect: async () => store, end: async () => {} };
  });
});
