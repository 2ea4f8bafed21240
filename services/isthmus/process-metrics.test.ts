import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Metrics } from '../../libs/telemetry/metrics.ts';
import { countProcess } from './process-metrics.ts';

test('countProcess shows what runs, and what it takes', async () => {
  const metrics = new Metrics();
  countProcess(metrics);
  const text = await metrics.text();
  assert.match(text, /^coredns_build_info\{version="Isthmus-\d.*",revision="",goversion="node-v/m);
  const value = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
  assert.ok(value('process_cpu_seconds_total') > 0);
  assert.ok(value('process_resident_memory_bytes') > 1_000_000);
  assert.ok(Math.abs(value('process_start_time_seconds') - Date.now() / 1000) < 3600);
  if (process.platform !== 'linux') return;
  assert.ok(value('process_virtual_memory_bytes') > value('process_resident_memory_bytes'));
  assert.ok(value('process_open_fds') > 2);
  assert.ok(value('process_max_fds') >= value('process_open_fds'));
});
