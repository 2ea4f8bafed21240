/** Waiting until a server works on nothing: what it does after its start is no query's cost. */
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** It is calm when it takes less of a core than this, from one look to the next. */
const CALM_CORES = 0.02;
const CALM_LOOK_MS = 1000;
const CALM_MS_MAX = 120_000;

/** False when the processes are still at work after CALM_MS_MAX. */
export async function untilCalm(pids: () => readonly number[]): Promise<boolean> {
  const taken = () => pids().reduce((sum, pid) => sum + cpuMs(pid), 0);
  const begun = performance.now();
  while (performance.now() - begun < CALM_MS_MAX) {
    const [from, fromMs] = [taken(), performance.now()];
    await delay(CALM_LOOK_MS);
    if (taken() - from < CALM_CORES * (performance.now() - fromMs)) return true;
  }
  return false;
}

/** User and system time: its ticks are hundredths of a second (proc_pid_stat(5), USER_HZ). */
function cpuMs(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [utime, stime] = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 13);
    return 10 * (Number(utime) + Number(stime));
  } catch {
    return 0; // it has ended
  }
}
