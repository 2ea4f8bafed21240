/** The values that the templates of tests are carried out with. */
import type { Shape, Value } from './value.ts';
import { INTEGER, STRING } from './value.ts';

const QUESTION: Shape = { kind: 'struct', fields: { Name: STRING, Qtype: INTEGER } };
const LIST: Shape = { kind: 'list', of: STRING };

export const SHAPE: Shape = {
  kind: 'struct',
  fields: {
    Name: STRING,
    Zone: STRING,
    Type: STRING,
    Match: LIST,
    Empty: LIST,
    Group: { kind: 'dictionary', of: STRING, keys: new Set(['a', 'b', 'h']) },
    Question: QUESTION,
    Questions: { kind: 'list', of: QUESTION },
    Meta: { kind: 'method', arguments: 1, gives: STRING },
  },
};

const question = { fields: { Name: 'Ab.example.', Qtype: 1n } };

export const VALUES: Value = {
  fields: {
    Name: 'ab.example.',
    Zone: 'example.',
    Type: 'A',
    Match: ['ab.example.', 'a', 'b', 'c'],
    Empty: [],
    Group: new Map([
      ['b', '2'],
      ['a', '1'],
      ['h', '7b'],
    ]),
    Question: question,
    Questions: [question],
    Meta: ([label]) => `<${String(label)}>`,
  },
};
