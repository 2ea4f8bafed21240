/** What comes of an operation on a store that may be away. */
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { StoreUnavailable } from '../store/store.ts';

/** After this a store that should be back is not going to be. */
export const BACK_WITHIN_MS = 30_000;

/** Why it failed, as it must. */
export async function reasonOf(operation: Promise<unknown>): Promise<string> {
  try {
    await operation;
  } catch (error) {
    assert.ok(error instanceof StoreUnavailable, String(error));
    return error.message;
  }
  return assert.fail('it did not fail');
}

/** The outcome, once the store is there again. */
export async function whenBack<T>(operation: () => Promise<T>): Promise<T> {
  const deadlineMs = Date.now() + BACK_WITHIN_MS;
  for (;;) {
    try {
      return await operation();
    } catch (error) {
      if (!(error instanceof StoreUnavailable) || Date.now() > deadlineMs) throw error;
      await delay(20);
    }
  }
}
