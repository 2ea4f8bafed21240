/** The Corefile with what a mounted ConfigMap of kube-dns says. */
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import type { Corefile } from '../../libs/corefile/corefile.ts';
import { Wrongs } from '../../libs/corefile/wrongs.ts';
import { createLog } from '../../libs/telemetry/log.ts';
import { makeTempDirectory, removeTempDirectory } from '../../test/servers/temp-directory.ts';
import { corefileReader } from './corefile-reader.ts';
import { readFlags } from './flags.ts';

function given(t: TestContext, corefile?: string, isStrict = false) {
  const directory = makeTempDirectory();
  t.after(() => removeTempDirectory(directory));
  const conf = join(directory, 'Corefile');
  if (corefile !== undefined) writeFileSync(conf, corefile);
  const args = ['--kube-dns-config', directory, ...(corefile === undefined ? [] : ['-conf', conf])];
  const read = corefileReader(readFlags(args, {}).flags, isStrict ? new Wrongs() : undefined);
  const lines: string[] = [];
  const log = createLog((line) => lines.push(line));
  return {
    lines,
    say: (key: string, text: string) => writeFileSync(join(directory, key), text),
    unsay: (key: string) => rmSync(join(directory, key)),
    read: async () => forwards(await read(log)),
  };
}

/** Zones and who is asked for them. */
function forwards({ blocks }: Corefile): readonly string[] {
  return blocks.map(({ keys, directives }) => {
    const servers = directives.find(({ name }) => name === 'forward')?.args.slice(1) ?? [];
    return [keys[0]?.text, ...servers.map(({ text }) => text)].join(' ');
  });
}

describe('the Corefile with a mounted ConfigMap of kube-dns', () => {
  test('is one of its own, and follows what is said', async (t) => {
    const { read, say, unsay } = given(t);
    assert.deepEqual(await read(), ['.:53 /etc/resolv.conf']);
    say('upstreamNameservers', '["8.8.8.8"]');
    say('stubDomains', '{"a.local": ["1.2.3.4", "dns.example.org"]}');
    assert.deepEqual(await read(), ['.:53 8.8.8.8', 'a.local:53 1.2.3.4 dns.example.org:53']);
    unsay('stubDomains');
    assert.deepEqual(await read(), ['.:53 8.8.8.8']);
  });

  test('is the one that is named, with that in it', async (t) => {
    const { read, say } = given(t, '.:1053 {\n    forward . 9.9.9.9\n}\n');
    say('stubDomains', '{"a.local": ["1.2.3.4"]}');
    assert.deepEqual(await read(), ['.:1053 9.9.9.9', 'a.local:1053 1.2.3.4']);
  });

  test('is without it at a start where it is wrong, and an error later', async (t) => {
    const { read, say, lines } = given(t);
    say('stubDomains', '{');
    assert.deepEqual(await read(), ['.:53 /etc/resolv.conf']);
    assert.match(lines.join(), /^\[ERROR\] kube-dns: all of its ConfigMap is left out: Cannot re/);
    await assert.rejects(read(), {
      name: 'ConfigurationError',
      message: /:1: Cannot read "\{" of/,
    });
    say('stubDomains', '{"a.local": ["1.2.3.4"]}');
    assert.deepEqual(await read(), ['.:53 /etc/resolv.conf', 'a.local:53 1.2.3.4']);
  });

  test('is an error at once where it is checked', async (t) => {
    const { read, say } = given(t, undefined, true);
    say('federations', 'x');
    await assert.rejects(read(), {
      name: 'ConfigurationError',
      message: /Cannot read "x" of feder/,
    });
  });

  test('is not that of a kubeconfig', () => {
    const { flags } = readFlags(['--kube-dns-config', '.', '--kubeconfig', 'x'], {});
    assert.throws(() => corefileReader(flags), { name: 'UsageError' });
  });
});
