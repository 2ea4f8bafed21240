/** What the process is and takes, under the names that Prometheus' client libraries share. */
import { readdirSync, readFileSync } from 'node:fs';
import type { Metrics } from '../../libs/telemetry/metrics.ts';
import { version } from './version.ts';

/** Of what Linux tells in pages, on all that we run on. */
const PAGE_OCTETS = 4096;

/** From now on, until the process ends. */
export function countProcess(metrics: Metrics): void {
  const [build, labels] = ['coredns_build_info', ['version', 'revision', 'goversion']];
  const help = "What runs, in the place of CoreDNS's: goversion is the version of Node.js.";
  metrics
    .gauge({ name: build, help, labels })
    .set(1, [`Isthmus-${version()}`, '', `node-${process.version}`]);
  const seconds = () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  };
  const cpu = { name: 'process_cpu_seconds_total', help: 'CPU time, user and system, in seconds.' };
  metrics.counter(cpu).follow([], seconds);
  const gauge = (name: string, about: string, value: () => number | undefined) => {
    const first = value();
    // What this system does not tell is not there.
    if (first !== undefined) {
      metrics.gauge({ name, help: about }).follow([], () => value() ?? first);
    }
  };
  const startSeconds = Date.now() / 1000 - process.uptime();
  gauge('process_start_time_seconds', 'When the process began, in Unix time.', () => startSeconds);
  gauge('process_resident_memory_bytes', 'Memory in RAM.', () => process.memoryUsage.rss());
  gauge('process_virtual_memory_bytes', 'Memory that is mapped.', virtualMemory);
  gauge('process_open_fds', 'Files and sockets that are open.', openFiles);
  gauge('process_max_fds', 'How many may be open.', openFilesMax);
}

function virtualMemory(): number | undefined {
  const pages = Number.parseInt(textOf('/proc/self/statm'), 10);
  return Number.isNaN(pages) ? undefined : pages * PAGE_OCTETS;
}

function openFiles(): number | undefined {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return undefined;
  }
}

function openFilesMax(): number | undefined {
  const [, most] = /^Max open files +(\d+)/m.exec(textOf('/proc/self/limits')) ?? [];
  return most === undefined ? undefined : Number(most);
}

/** Empty where there is no such file. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
