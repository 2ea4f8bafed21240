import { readFileSync } from 'node:fs';
import {
  argumentsOf,
  cannotRead,
  onlyOne,
  readProperties,
  zonesOr,
} from '../../../../libs/corefile/arguments.ts';
import { besideCorefile } from '../../../../libs/corefile/beside-corefile.ts';
import type { Property, Token } from '../../../../libs/corefile/corefile.ts';
import { typeNumber } from '../../../../libs/dns/iana.ts';
import type { TsigKey } from '../../../../libs/dns/tsig.ts';
import type { Setup } from '../../plugin.ts';
import type { Required } from './handler.ts';
import { createTsig } from './handler.ts';
import { addKey, readKey } from './key.ts';
import { readKeyFile } from './key-file.ts';

/** Reads a file that a directive names. Throws what the file system throws. */
export type ReadFile = (path: string) => string;

/** Zones, or types, that one line may name. */
const ARGUMENTS_MAX = 1000;

/** With the disk and the clock of the machine. */
export const setup: Setup = createTsigSetup(
  (path) => readFileSync(path, 'utf8'),
  () => Math.floor(Date.now() / 1000),
);

export function createTsigSetup(readFile: ReadFile, nowSeconds: () => number): Setup {
  return (directives, { metrics, tsigKeys, zones }) => {
    const directive = onlyOne(directives);
    const tokens = argumentsOf(directive, 'zones', 0, ARGUMENTS_MAX);
    let required: Required = new Set();
    readProperties(
      directive,
      {
        secret: (property) => readSecret(property, tsigKeys),
        secrets: (property) => readSecrets(property, readFile, tsigKeys),
        require: (property) => {
          required = readRequired(property, required);
        },
      },
      ['require_opcode'],
    );
    const errors = metrics.counter({
      name: 'isthmus_tsig_errors_total',
      help: 'Queries refused for their signature, or for want of one.',
      labels: ['error'],
    });
    return createTsig({
      zones: zonesOr(tokens, zones),
      keys: tsigKeys,
      required,
      nowSeconds,
      count: (error) => errors.add([error]),
    });
  };
}

function readSecret(property: Property, keys: Map<string, TsigKey>): void {
  const [name, secret, algorithm] = argumentsOf(property, 'NAME KEY [ALGORITHM]', 2, 3);
  if (name === undefined || secret === undefined) throw new RangeError('no arguments');
  addKey(keys, readKey({ name, secret, algorithm }), name);
}

function readSecrets(property: Property, readFile: ReadFile, keys: Map<string, TsigKey>): void {
  const [file] = argumentsOf(property, 'a file', 1, 1);
  if (file === undefined) throw new RangeError('no arguments');
  const path = besideCorefile(file, file.text);
  let text: string;
  try {
    text = readFile(path);
  } catch (error) {
    const is = error instanceof Error ? error.message : String(error);
    throw cannotRead(file, 'file of secrets', is, 'a file of key statements');
  }
  readKeyFile({ file: path, text }, keys);
}

function readRequired(property: Property, before: Required): Required {
  const tokens = argumentsOf(property, 'all, none, or types', 1, ARGUMENTS_MAX);
  const [only] = tokens;
  if (tokens.length === 1 && only?.text === 'all') return 'all';
  if (tokens.length === 1 && only?.text === 'none') return new Set();
  const types = tokens.map(readType);
  return before === 'all' ? 'all' : new Set([...before, ...types]);
}

function readType(token: Token): string {
  const type = token.text.toUpperCase();
  if (typeNumber(type) !== undefined) return type;
  throw cannotRead(token, 'type', 'it is unknown', 'a type like AXFR; or all, or none, alone');
}
