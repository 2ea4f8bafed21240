/**
 * `isthmus resolver` of a large federation as a process of its own, and what it takes: of memory
 * as the kernel counts it, of the heap as Node reports it when it is signalled.
 */
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isJson } from '../../libs/cluster/field.ts';
import { IsthmusProcess } from '../e2e/isthmus-process.ts';
import { freePort } from '../servers/free-port.ts';
import { HOME } from './scale-world.ts';

export interface Places {
  readonly folder: string;
  readonly natsUrl: string;
  /** Undefined: no shared store. */
  readonly redisUrl: string | undefined;
  readonly state: string;
}

export interface Memory {
  readonly rssMiB: number;
  readonly peakMiB: number;
  /** What names take of the shared memory. */
  readonly tableMiB: number;
  /** Of the control thread: what is reserved, and what was in use when asked, garbage included. */
  readonly heapMiB: number;
  readonly usedMiB: number;
}

const TICKS_PER_SECOND = 100;
const REPORT_WITHIN_MS = 60_000;

export class ScaleProcess {
  readonly process: IsthmusProcess;
  readonly spawnedAt: number;
  readonly dnsPort: number;
  readonly #metricsPort: number;
  /** Of this process. */
  readonly folder: string;

  private constructor(places: Places, ports: readonly [number, number]) {
    [this.dnsPort, this.#metricsPort] = ports;
    this.folder = mkdtempSync(join(places.folder, 'reports-'));
    const corefile = join(this.folder, 'Corefile');
    writeFileSync(corefile, corefileOf(places, ports));
    const env = {
      NODE_OPTIONS: `--report-on-signal --report-directory=${this.folder}`,
    };
    this.spawnedAt = performance.now();
    const args = ['resolver', '--conf', corefile, '--state', places.state, '--quiet'];
    this.process = new IsthmusProcess(args, { env });
  }

  static async start(places: Places): Promise<ScaleProcess> {
    return new ScaleProcess(places, [await freePort(), await freePort()]);
  }

  /** The sum of a metric over all of its series; NaN while it can't be had. */
  async metric(name: string): Promise<number> {
    const url = `http://127.0.0.1:${this.#metricsPort}/metrics`;
    const reply = await fetch(url).catch(() => undefined);
    const lines = (await reply?.text())?.split('\n') ?? [];
    const values = lines.filter(
      (line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `),
    );
    if (values.length === 0) return Number.NaN;
    return values.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
  }

  cpuSeconds(): number {
    const text = readFileSync(`/proc/${this.process.pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  }

  async memory(): Promise<Memory> {
    const { pid } = this.process;
    const { Rss = 0 } = kibibytesOf(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'));
    const { VmHWM = 0 } = kibibytesOf(readFileSync(`/proc/${pid}/status`, 'utf8'));
    const tableOctets = await this.metric('isthmus_table_bytes');
    const { totalMemory, usedMemory } = await this.#heap();
    return {
      rssMiB: Rss / 1024,
      peakMiB: VmHWM / 1024,
      tableMiB: tableOctets / 2 ** 20,
      heapMiB: totalMemory / 2 ** 20,
      usedMiB: usedMemory / 2 ** 20,
    };
  }

  async #heap(): Promise<{ readonly totalMemory: number; readonly usedMemory: number }> {
    const before = this.#reported().length;
    this.process.signal('SIGUSR2');
    let heap: { readonly totalMemory: number; readonly usedMemory: number } | undefined;
    const isThere = async () => {
      const files = this.#reported();
      if (files.length > before)
        heap = heapOf(readFileSync(join(this.folder, files.at(-1) ?? ''), 'utf8'));
      return heap !== undefined;
    };
    await this.process.until(isThere, 'Node reports its heap', REPORT_WITHIN_MS);
    return heap ?? { totalMemory: Number.NaN, usedMemory: Number.NaN };
  }

  #reported(): readonly string[] {
    return readdirSync(this.folder)
      .filter((name) => name.startsWith('report.'))
      .sort();
  }
}

/** Undefined while it is being written. */
function heapOf(text: string) {
  try {
    const report: unknown = JSON.parse(text);
    const heap = isJson(report) && isJson(report.javascriptHeap) ? report.javascriptHeap : {};
    const { totalMemory, usedMemory } = heap;
    if (typeof totalMemory !== 'number' || typeof usedMemory !== 'number') return undefined;
    return { totalMemory, usedMemory };
  } catch {
    return undefined;
  }
}

/** Lines `Key: number kB`. */
function kibibytesOf(text: string): Readonly<Record<string, number>> {
  const lines = text.matchAll(/^(\w+):\s+(\d+) kB$/gm);
  return Object.fromEntries([...lines].map(([, key = '', kibibytes]) => [key, Number(kibibytes)]));
}

function corefileOf({ natsUrl, redisUrl }: Places, [dns, metrics]: readonly [number, number]) {
  return `.:${dns} {
    bind 127.0.0.1
    errors
    federation cluster.local clusterset.local clusters.local in-addr.arpa {
        log ${natsUrl}
        ${redisUrl === undefined ? '' : `store ${redisUrl}`}
        home ${HOME}
        qualified clusters.local
        ttl 5
    }
    prometheus 127.0.0.1:${metrics}
    cache 30
    loadbalance
}
`;
}
