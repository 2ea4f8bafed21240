import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Metrics } from './metrics.ts';

/** The samples of one family, without help and type. */
async function samples(metrics: Metrics, name: string): Promise<readonly string[]> {
  const lines = (await metrics.text()).split('\n');
  return lines.filter((line) => line.startsWith(name));
}

describe('Metrics', () => {
  test('counts by label, and gives one family to all who name it', async () => {
    const metrics = new Metrics();
    const family = { name: 'hits_total', help: 'Hits.', labels: ['server', 'type'] };
    metrics.counter(family).add(['dns://:53', 'success']);
    metrics.counter(family).add(['dns://:53', 'success'], 2);
    assert.deepEqual(await samples(metrics, 'hits_total'), [
      'hits_total{server="dns://:53",type="success"} 3',
    ]);
  });

  test('adds a count that is kept elsewhere to its own', async () => {
    const metrics = new Metrics();
    const counter = metrics.counter({ name: 'queries_total', help: 'Queries.' });
    let elsewhere = 40;
    counter.follow([], () => elsewhere);
    counter.add();
    assert.deepEqual(await samples(metrics, 'queries_total'), ['queries_total 41']);
    elsewhere = 50;
    assert.deepEqual(await samples(metrics, 'queries_total'), ['queries_total 51']);
    elsewhere = 3;
    assert.deepEqual(await samples(metrics, 'queries_total'), ['queries_total 54']);
  });

  test('reads a gauge at scrape', async () => {
    const metrics = new Metrics();
    let size = 1;
    metrics
      .gauge({ name: 'entries', help: 'Entries.', labels: ['type'] })
      .follow(['a'], () => size);
    size = 7;
    assert.deepEqual(await samples(metrics, 'entries'), ['entries{type="a"} 7']);
  });

  test('keeps histograms in the buckets of the family', async () => {
    const metrics = new Metrics();
    metrics.histogram({ name: 'size_bytes', help: 'Size.', buckets: [100, 200] }).observe(150);
    assert.deepEqual(await samples(metrics, 'size_bytes_bucket'), [
      'size_bytes_bucket{le="100"} 0',
      'size_bytes_bucket{le="200"} 1',
      'size_bytes_bucket{le="+Inf"} 1',
    ]);
  });

  test('adds observations that were counted elsewhere to a histogram', async () => {
    const metrics = new Metrics();
    const family = { name: 'size_bytes', help: 'Size.', labels: ['proto'], buckets: [100, 200] };
    const histogram = metrics.histogram(family);
    histogram.observe(200, ['udp']);
    histogram.addAll({ cells: [2, 0, 3], sum: 1000 }, ['udp']);
    histogram.addAll({ cells: [1, 0, 0], sum: 7 }, ['tcp']);
    assert.deepEqual(await samples(metrics, 'size_bytes'), [
      'size_bytes_bucket{proto="udp",le="100"} 2',
      'size_bytes_bucket{proto="udp",le="200"} 3',
      'size_bytes_bucket{proto="udp",le="+Inf"} 6',
      'size_bytes_sum{proto="udp"} 1200',
      'size_bytes_count{proto="udp"} 6',
      'size_bytes_bucket{proto="tcp",le="100"} 1',
      'size_bytes_bucket{proto="tcp",le="200"} 1',
      'size_bytes_bucket{proto="tcp",le="+Inf"} 1',
      'size_bytes_sum{proto="tcp"} 7',
      'size_bytes_count{proto="tcp"} 1',
    ]);
    assert.match(await metrics.text(), /^# TYPE size_bytes histogram$/m);
  });

  test('reads at each scrape what feeds several families', async () => {
    const metrics = new Metrics();
    const [a, b] = ['a_total', 'b_total'].map((name) => metrics.counter({ name, help: 'Some.' }));
    metrics.beforeScrape(() => {
      a?.add();
      b?.add([], 2);
    });
    await metrics.text();
    assert.deepEqual(await samples(metrics, 'a_total'), ['a_total 2']);
    assert.deepEqual(await samples(metrics, 'b_total'), ['b_total 6']);
  });

  test('forgets what a part of it followed when that ends, and keeps what it counted', async () => {
    const metrics = new Metrics();
    const [old, next] = [metrics.part(), metrics.part()];
    const gauge = { name: 'size', help: 'Size.', labels: ['of'] };
    let total = 3;
    old.gauge(gauge).follow(['a'], () => 1);
    old.gauge(gauge).follow(['b'], () => 1);
    old.counter({ name: 'hits_total', help: 'Hits.' }).follow([], () => total);
    next.gauge(gauge).follow(['a'], () => 2);
    assert.deepEqual(await samples(metrics, 'size'), ['size{of="a"} 2', 'size{of="b"} 1']);
    total = 5;
    old.end();
    total = 7;
    assert.deepEqual(await samples(metrics, 'size'), ['size{of="a"} 2']);
    assert.deepEqual(await samples(metrics, 'hits_total'), ['hits_total 5']);
  });

  test('knows nothing of another instance', async () => {
    new Metrics().counter({ name: 'a_total', help: 'A.' }).add();
    assert.deepEqual(await samples(new Metrics(), 'a_total'), []);
  });
});

test('shows the runtime once somebody wants to see it, and nothing twice', async () => {
  const metrics = new Metrics();
  metrics.counter({ name: 'process_cpu_seconds_total', help: 'C.' }).add([], 7);
  assert.doesNotMatch(await metrics.text(), /nodejs_/);
  metrics.part().showRuntime();
  metrics.showRuntime();
  const text = await metrics.text();
  assert.match(text, /^nodejs_eventloop_lag_seconds /m);
  assert.match(text, /^nodejs_heap_size_used_bytes /m);
  assert.equal(text.match(/^process_cpu_seconds_total /gm)?.length, 1);
  assert.match(text, /^process_cpu_seconds_total 7$/m);
  const names = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
  assert.equal(new Set(names).size, names.length);
});
