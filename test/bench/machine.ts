/** The machine that figures come from: without it they mean nothing. */
import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, type } from 'node:os';

export function machineFacts(): string {
  const cores = cpus();
  const model = cores[0]?.model ?? 'unknown CPU';
  return [
    new Date().toISOString().slice(0, 10),
    `${cores.length} cores of ${model}`,
    `${type()} ${release()}`,
    `Node ${process.version}`,
    `load ${loadavg()[0]?.toFixed(1)} at the start`,
  ].join(', ');
}

/** The share of a core, per cent, that others took since the call before; our children included. */
export function busyCores(): () => number {
  let before = busyTicks();
  return () => {
    const now = busyTicks();
    const share = (now.busy - before.busy) / (now.all - before.all);
    before = now;
    return share * cpus().length;
  };
}

/** Of /proc/stat's first line: user nice system idle iowait irq … */
function busyTicks(): { readonly busy: number; readonly all: number } {
  const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n');
  const ticks = line.split(/\s+/).slice(1).map(Number);
  const all = ticks.reduce((sum, one) => sum + one, 0);
  return { busy: all - (ticks[3] ?? 0) - (ticks[4] ?? 0), all };
}
