/**
 * Keys in the syntax of BIND, as `tsig-keygen` writes it:
 *
 *   key "transfer.example." { algorithm hmac-sha256; secret "c2VjcmV0"; };
 */
import { ConfigurationError } from '../../../../libs/corefile/configuration-error.ts';
import type { Token } from '../../../../libs/corefile/corefile.ts';
import type { TsigKey } from '../../../../libs/dns/tsig.ts';
import { addKey, readKey } from './key.ts';

const COMMENT = /\/\/.*|#.*|\/\*[\s\S]*?\*\//y;
const WORD = /"([^"\n]*)"|[{};]|[^\s{};"]+/y;

interface Source {
  readonly file: string;
  readonly text: string;
}

/** Adds the keys of the file. */
export function readKeyFile(source: Source, keys: Map<string, TsigKey>): void {
  const words = new Words(source);
  while (!words.isAtEnd) {
    const statement = words.take('key');
    const name = words.any('the name of a key');
    words.take('{');
    const found = new Map<string, Token>();
    while (!words.isNext('}')) {
      const option = words.any('algorithm, secret or }');
      if (option.text !== 'algorithm' && option.text !== 'secret') {
        throw cannotRead(option, 'algorithm, secret or }');
      }
      found.set(option.text, words.any(`the ${option.text}`));
      words.take(';');
    }
    words.take('}');
    words.take(';');
    const secret = found.get('secret');
    if (secret === undefined) {
      throw new ConfigurationError(
        statement,
        `Cannot read the key "${name.text}": it has no secret; expected secret "BASE64";`,
      );
    }
    addKey(keys, readKey({ name, secret, algorithm: found.get('algorithm') }), name);
  }
}

class Words {
  readonly #tokens: readonly Token[];
  readonly #end: Token;
  #next = 0;

  constructor({ file, text }: Source) {
    const tokens: Token[] = [];
    let line = 1;
    for (let at = 0; at < text.length; ) {
      COMMENT.lastIndex = at;
      WORD.lastIndex = at;
      const comment = COMMENT.exec(text);
      const word = comment === null ? WORD.exec(text) : null;
      if (word !== null) tokens.push({ file, line, text: word[1] ?? word[0] });
      const passed = comment?.[0] ?? word?.[0] ?? text[at] ?? '';
      line += passed.split('\n').length - 1;
      at += passed.length;
    }
    this.#tokens = tokens;
    this.#end = { file, line, text: '' };
  }

  get isAtEnd(): boolean {
    return this.#next === this.#tokens.length;
  }

  isNext(text: string): boolean {
    return this.#tokens[this.#next]?.text === text;
  }

  any(expected: string): Token {
    const token = this.#tokens[this.#next++];
    if (token === undefined || '{};'.includes(token.text)) {
      throw cannotRead(token ?? this.#end, expected);
    }
    return token;
  }

  take(text: string): Token {
    const token = this.#tokens[this.#next++];
    if (token?.text !== text) throw cannotRead(token ?? this.#end, text);
    return token;
  }
}

/** The word may be a secret, or a part of one: it is not said. */
function cannotRead(token: Token, expected: string): ConfigurationError {
  const is = token.text === '' ? 'it ends' : 'another word is there';
  return new ConfigurationError(
    token,
    `Cannot read the keys of "${token.file}": ${is}; expected ${expected}`,
  );
}
