import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decode } from '../../../libs/dns/decode.ts';
import { RCODE } from '../../../libs/dns/iana.ts';
import { isWithin } from '../../../libs/dns/name.ts';
import { bigService } from '../big-world.ts';
import { QUESTIONS, type Question, questionFile, questionsOf } from './questions.ts';
import { zoneFiles } from './zone-files.ts';

const services = Array.from({ length: 40_000 }, (_, i) => bigService(4, i));

/** What the zone files answer to a question: RCODE and records, by RFC 1034 § 4.3.2. */
function lookup() {
  const counts = new Map<string, number>();
  const names = new Set<string>();
  for (const { zone, text } of zoneFiles(services)) {
    for (const line of text.trim().split('\n')) {
      const [name = '', , , type = ''] = line.split(' ');
      counts.set(`${name} ${type}`, (counts.get(`${name} ${type}`) ?? 0) + 1);
      for (let at = name; isWithin(at, zone); at = at.slice(at.indexOf('.') + 1)) names.add(at);
    }
  }
  return ({ name, type }: Question) => ({
    rcode: names.has(name) ? RCODE.NOERROR : RCODE.NXDOMAIN,
    answers: counts.get(`${name} ${type}`) ?? 0,
  });
}

test('the zone files answer every question as it expects', () => {
  const answerTo = lookup();
  for (const mix of ['hits', 'mixed', 'cached'] as const) {
    for (const question of questionsOf(mix, services)) {
      const { rcode, answers } = question;
      assert.deepEqual({ rcode, answers }, answerTo(question), `${question.name} ${question.type}`);
    }
  }
});

test('hits are as many names, each once', () => {
  const names = new Set(questionsOf('hits', services).map(({ name }) => name));
  assert.equal(names.size, QUESTIONS);
});

test('mixed has its shares', () => {
  const questions = questionsOf('mixed', services);
  const share = (is: (question: Question) => boolean) =>
    (100 * questions.filter(is).length) / questions.length;
  assert.equal(questions.length, QUESTIONS);
  assert.equal(
    share(({ type, answers }) => type === 'A' && answers > 0),
    60,
  );
  assert.equal(
    share(({ type, answers }) => type === 'AAAA' && answers === 0),
    15,
  );
  assert.equal(
    share(({ rcode }) => rcode === RCODE.NXDOMAIN),
    15,
  );
  assert.equal(
    share(({ type }) => type === 'SRV'),
    5,
  );
  assert.equal(
    share(({ type }) => type === 'PTR'),
    5,
  );
});

test('too few services are an error', () => {
  assert.throws(() => questionsOf('hits', services.slice(0, 100)), {
    message: 'Cannot ask for 50000 names: 100 services have 117; expected more services',
  });
});

test('the file has each packet with what its answer must be', () => {
  const questions = questionsOf('mixed', services).slice(0, 500);
  const file = Buffer.from(questionFile(questions));
  let at = 0;
  for (const { name, type, rcode, answers } of questions) {
    const octets = file.readUInt16LE(at);
    assert.equal(file.readUInt16LE(at + 2), answers);
    assert.equal(file.readUInt8(at + 4), rcode);
    const decoded = decode(file.subarray(at + 6, at + 6 + octets));
    assert.ok(decoded.kind === 'message');
    assert.deepEqual(decoded.message.question, { name, type, class: 1 });
    assert.ok(decoded.message.flags.recursionDesired);
    at += 6 + octets;
  }
  assert.equal(at, file.length);
});
