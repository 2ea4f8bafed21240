import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { formatRecord } from '../../../../libs/dns/presentation.ts';
import { DB, file, LONG_AGO, NOW_MS, withSerial } from './given-file.ts';

const PASSED = ['NOERROR', 'passed. 1 IN A 192.0.2.9'];

describe('a file that changes', () => {
  test('serves when its serial is another one', async (t) => {
    const { serial, write, look, everyMs, lines, metrics } = await file(t);
    assert.deepEqual(everyMs, [60_000]);
    await look();
    write('db', withSerial(7, 'new A 192.0.2.9'), LONG_AGO + 1);
    await look();
    assert.equal(await serial(), '7');
    write('db', withSerial(8, 'new A 192.0.2.9'), LONG_AGO + 2);
    await look();
    assert.equal(await serial(), '8');
    write('db', withSerial(5), LONG_AGO + 3);
    await look();
    assert.equal(await serial(), '5', 'also a lower one');
    assert.deepEqual(lines, [
      '[INFO] plugin/file: example.org. of serial 8 is served',
      '[INFO] plugin/file: example.org. of serial 5 is served',
    ]);
    const text = await metrics.text();
    assert.match(text, /^isthmus_file_zone_serial\{server="dns:\/\/:53",zone="example.org."\} 5$/m);
    assert.match(text, /^isthmus_file_reloads_total\{zone="example.org.",outcome="loaded"\} 2$/m);
  });

  test('serves by its time, where that is said, also that of what it includes', async (t) => {
    const { ask, write, look } = await file(t, 'file db {\nreload_by_mtime\nreload 5s\n}', {
      files: { db: `${DB}$INCLUDE more\n`, more: 'new A 192.0.2.9' },
    });
    await look();
    assert.equal((await ask('new.example.org. A'))[1], 'new.example.org. 60 IN A 192.0.2.9');
    write('more', 'new A 192.0.2.10', LONG_AGO + 1);
    await look();
    assert.equal((await ask('new.example.org. A'))[1], 'new.example.org. 60 IN A 192.0.2.10');
  });

  test('is served as it was while it is wrong, and says so once', async (t) => {
    const { serial, write, look, lines, plugin, remove } = await file(t);
    write('db', `${withSerial(8)}a A 192.0.2\n`, LONG_AGO + 1);
    await look();
    await look();
    assert.equal(await serial(), '7');
    assert.equal(lines.length, 1);
    assert.match(
      lines[0] ?? '',
      /^\[ERROR\] plugin\/file: Cannot load example.org.: .*db:10: Cannot use the A rdata "192.0.2": .*; serial 7 is served still$/,
    );
    assert.match(plugin.notes?.()[0] ?? '', /^file: example.org. is as it was: .*db:10/);
    remove('db');
    await look();
    await look();
    assert.equal(await serial(), '7');
    assert.equal(lines.length, 2);
    assert.match(lines[1] ?? '', /ENOENT.*; serial 7 is served still$/);
    write('db', withSerial(9), LONG_AGO + 2);
    await look();
    assert.equal(await serial(), '9');
    assert.deepEqual(plugin.notes?.(), []);
  });

  test('is right again when it is what it was', async (t) => {
    const { write, look, lines, plugin } = await file(t);
    write('db', `${withSerial(8)}a 5 HUGO`, LONG_AGO + 1);
    await look();
    write('db', DB, LONG_AGO + 2);
    await look();
    assert.deepEqual(plugin.notes?.(), []);
    assert.deepEqual(lines.slice(1), ['[INFO] plugin/file: example.org. of serial 7 is served']);
  });

  test('is not read while its time and size are the same', async (t) => {
    const { ask, write, look } = await file(t, 'file db {\nreload_by_mtime\n}');
    await look();
    write('db', DB.replace('192.0.2.1', '192.0.2.7'));
    await look();
    assert.equal((await ask('ns.example.org. A'))[1], 'ns.example.org. 60 IN A 192.0.2.1');
  });

  test('is served again when what it includes is there', async (t) => {
    const { serial, write, look } = await file(t);
    write('db', `${withSerial(8)}$INCLUDE more\n`, LONG_AGO + 1);
    await look();
    assert.equal(await serial(), '7');
    write('more', 'new A 192.0.2.9');
    await look();
    assert.equal(await serial(), '8');
  });

  test('is read once more, whatever its serial, where it was written a moment ago', async (t) => {
    const { ask, write, look } = await file(t);
    write('db', withSerial(8), NOW_MS / 1000 - 1);
    await look();
    assert.deepEqual((await ask('late.example.org. A'))[0], 'NXDOMAIN aa');
    write('db', withSerial(8, 'late A 192.0.2.9'), NOW_MS / 1000 - 1);
    await look();
    assert.deepEqual((await ask('late.example.org. A'))[0], 'NOERROR aa');
  });

  test('is SERVFAIL until it is there for the first time', async (t) => {
    const { ask, write, look, lines, plugin } = await file(t, 'file db {\nfallthrough\n}', {
      files: {},
    });
    assert.deepEqual(await ask('ns.example.org. A'), ['SERVFAIL']);
    assert.deepEqual(await ask('out.example.com. A'), PASSED);
    assert.equal(plugin.owns?.('x.example.org.'), true, 'what others said of it counts no more');
    assert.match(
      lines[0] ?? '',
      /^\[WARNING\] plugin\/file: Cannot read ".*db" of example.org.: ENOENT.*; its names are SERVFAIL until it can be read$/,
    );
    assert.match(plugin.notes?.()[0] ?? '', /^file: example.org. is not there: ENOENT/);
    write('db', DB);
    await look();
    assert.deepEqual((await ask('ns.example.org. A'))[0], 'NOERROR aa');
  });

  test('is no pipe or device, which may never end', async (t) => {
    const { lines } = await file(t, 'file /dev/null');
    assert.match(
      lines[0] ?? '',
      /Cannot read "\/dev\/null" of example.org.: it is no regular file/,
    );
    const { look, write, lines: told } = await file(t);
    write('db', `${withSerial(8)}$INCLUDE /dev/null\n`, LONG_AGO + 1);
    await look();
    assert.match(told[0] ?? '', /Cannot include "\/dev\/null": it is no regular file/);
  });

  test('is not looked at with reload 0', async (t) => {
    assert.deepEqual((await file(t, 'file db {\nreload 0\n}')).everyMs, []);
  });

  test('goes on in another configuration, where it is looked at', async (t) => {
    const first = await file(t);
    const source = first.plugin.zoneSource?.('example.org.');
    first.write('db', withSerial(8), LONG_AGO + 1);
    const second = await file(t, `file ${first.path} {\nfallthrough\n}`, { files: {} });
    assert.equal(second.plugin.zoneSource?.('example.org.'), source);
    while ((await second.serial()) !== '8') await nextTurn();
    await first.plugin.stop?.();
    const third = await file(t, `file ${first.path} {\nreload 0\n}`, { files: {} });
    assert.equal(third.plugin.zoneSource?.('example.org.'), source);
  });

  test('is another one where it is served otherwise, or by nobody any more', async (t) => {
    const first = await file(t);
    const source = first.plugin.zoneSource?.('example.org.');
    const again = async (text: string, zones?: readonly string[]) => {
      const { plugin } = await file(t, text, { files: {}, ...(zones && { zones }) });
      await plugin.stop?.();
      return plugin.zoneSource?.(zones?.[0] ?? 'example.org.');
    };
    assert.notEqual(await again(`file ${first.path} {\nreload_by_mtime\n}`), source);
    assert.notEqual(await again(`file ${first.path}`, ['example.net.']), source);
    assert.equal(await again(`file ${first.path}`), source);
    await first.plugin.stop?.();
    assert.notEqual(await again(`file ${first.path}`), source);
  });
});

describe('a zone that is handed out', () => {
  test('is all of its records, and what changed since a serial', async (t) => {
    const { plugin, write, look } = await file(t);
    const source = plugin.zoneSource?.('example.org.');
    assert.ok(source !== undefined);
    assert.deepEqual(plugin.sourceZones?.(), ['example.org.']);
    assert.equal(plugin.zoneSource?.('sub.example.org.'), undefined);
    const before = source.records();
    let told = 0;
    source.onChange(() => told++);
    write(
      'db',
      withSerial(8, 'new A 192.0.2.9').replace('ns A 192.0.2.1', 'ns A 192.0.2.8'),
      LONG_AGO + 1,
    );
    await look();
    await look();
    assert.equal(told, 1);
    assert.deepEqual([...before].map(formatRecord), [
      'example.org. 60 IN NS ns.example.org.',
      'a.ent.example.org. 60 IN A 192.0.2.3',
      'ns.example.org. 60 IN A 192.0.2.1',
      'out.example.org. 60 IN CNAME x.test.',
      'sub.example.org. 60 IN NS ns.sub.example.org.',
      'ns.sub.example.org. 60 IN A 192.0.2.4',
      '*.wild.example.org. 60 IN A 192.0.2.2',
    ]);
    assert.match(formatRecord(source.soa() ?? assert.fail()), / 8 1 2 3 30$/);
    const [difference] = source.differencesSince(7) ?? [];
    assert.deepEqual(difference?.removed.map(formatRecord), ['ns.example.org. 60 IN A 192.0.2.1']);
    assert.deepEqual(difference?.added.map(formatRecord), [
      'ns.example.org. 60 IN A 192.0.2.8',
      'new.example.org. 60 IN A 192.0.2.9',
    ]);
    assert.equal(source.differencesSince(6), undefined);
  });
});
