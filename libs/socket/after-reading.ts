/** What has come to our sockets by now. */
import { setImmediate as nextTurn } from 'node:timers/promises';

/** Resolves once all sockets were looked at: they may have been already in the turn of now. */
export async function afterReading(): Promise<void> {
  await nextTurn();
  await nextTurn();
}
