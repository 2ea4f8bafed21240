import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { givenCheck } from './given-check.ts';

const { report } = givenCheck();

describe('all that is wrong is told, in the order of the file:', () => {
  /** Lines of the errors, with the value or the place that each is about. */
  async function places(text: string): Promise<readonly string[]> {
    const { errors } = await report(text);
    return errors.map(
      (line) => /^(.*?:\d+): [^"]*"([^"]*)"/.exec(line)?.slice(1).join(' ') ?? line,
    );
  }

  test('of keys, directives, arguments and properties', async () => {
    const text = `.:99999 .:1053 {
    cach 30
    forward . 192.0.2.300 192.0.2.1 192.0.2.400 {
        max_fails many
        policy best
    }
    forward . 192.0.2.1 {
        expire never
    }
    cache a..b {
        success much
    }
    import missing
    reload never
}
example.org {
    rewrite nonsense
    whoami
}
example.org {
    acl a..b {
        allow net x
    }
    federation cluster.local {
        ttl x
        cluster a..b
    }
}
`;
    assert.deepEqual(await places(text), [
      'Corefile:1 .:99999',
      'Corefile:2 cach',
      'Corefile:3 192.0.2.300',
      'Corefile:3 192.0.2.400',
      'Corefile:4 many',
      'Corefile:5 best',
      'Corefile:8 never',
      'Corefile:10 a..b.',
      'Corefile:11 much',
      'Corefile:13 folder/missing',
      'Corefile:14 never',
      'Corefile:17 nonsense',
      'Corefile:20 example.org',
      'Corefile:21 a..b.',
      'Corefile:22 x',
      'Corefile:25 x',
      'Corefile:26 cluster',
    ]);
  });

  test('once, however often it is imported', async () => {
    const text =
      '(s) {\n    bufsize x\n    import none\n}\na {\n    import s\n}\nb {\n    import s\n}';
    assert.deepEqual(await places(text), ['Corefile:2 x', 'Corefile:3 folder/none']);
  });

  test('up to braces that don’t match', async () => {
    const text = 'a {\n    bufsize x\n}\nb {\n    bufsize y }\n';
    assert.deepEqual(await places(text), ['Corefile:2 x', 'Corefile:5 }']);
    assert.deepEqual(await places('a {\n    bufsize x\n}\nb {\n    bufsize y\nc {\n}\n'), [
      'Corefile:2 x',
      'Corefile:4 {',
    ]);
    assert.deepEqual(await places('a {\n    bufsize x\n    log "b\n}\n'), [
      'Corefile:2 x',
      'Corefile:3 b\n}\n',
    ]);
  });

  test('and nothing that follows from another', async () => {
    const cluster = 'kubernetes cluster.local {\n        ttl x\n    }';
    const below = '    autopath @kubernetes\n    k8s_external x.example\n';
    assert.deepEqual(await places(`. {\n    ${cluster}\n${below}}`), ['Corefile:3 x']);
    assert.deepEqual(await places('tls://. {\n    tls none none\n}'), ['Corefile:2 folder/none']);
    const key = 'transfer {\n        to * key k\n    }';
    assert.deepEqual(await places(`. {\n    tsig {\n        secret k x\n    }\n    ${key}\n}`), [
      'Corefile:3 k',
    ]);
    assert.deepEqual(await places('__PILLAR__X__ {\n    bind __PILLAR__Y__\n    bufsize x\n}'), [
      'Corefile:1 __PILLAR__X__',
      'Corefile:2 __PILLAR__Y__',
      'Corefile:3 x',
    ]);
  });

  test('then what may surprise of the text', async () => {
    const { text, errors } = await report(
      '. {\n    cancel 1s\n    cancel 2s\n    log {$NO}\n    x\n}',
    );
    assert.equal(errors.length, 1);
    assert.equal(
      text,
      `What may surprise:

Corefile:4: {$NO} is not set: "{$NO}" is read as ""
Corefile:2: this cancel does not count: line 3 does`,
    );
  });

  test('but no more than 100', async () => {
    const { errors } = await report(`. {\n${'    bufsize x\n}\n. {\n'.repeat(150)}}`);
    assert.equal(errors.length, 101);
    assert.match(errors.at(-2) ?? '', /^Corefile:/);
    assert.equal(errors.at(-1), 'There are more errors than these 100');
  });
});
