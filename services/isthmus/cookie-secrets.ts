/**
 * The secrets of DNS Cookies. A process makes one up when it starts, which is enough where it is
 * alone, and for clients of ours in any case, since a cookie that we do not know costs them
 * nothing. Servers behind one address that are to know each other's cookies have them from a file:
 *
 *   # the first makes cookies, a second one is accepted too
 *   e5e973e5a6b2a43f48e7dc849e37bfcf
 *   445536bcd2513298075a5d379663c962
 *
 * A new secret rolls over in three steps, each at all servers (RFC 9018 § 5): it is added as the
 * second, made the first, and after an hour the old one goes.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { SECRET_OCTETS, SECRETS_MAX } from '../../libs/dns/server-cookie.ts';
import { type Flags, UsageError } from './flags.ts';

const DIGITS = 2 * SECRET_OCTETS;

/** Throws UsageError, with no secret in it. */
export function cookieSecrets(flags: Flags): readonly Uint8Array[] {
  const file = flags.text('cookie-secrets');
  if (file === undefined) return [randomBytes(SECRET_OCTETS)];
  const lines = readLines(file);
  const secrets = lines.flatMap((line, i) => {
    const text = line.replace(/#.*/, '').trim();
    if (text === '') return [];
    if (text.length === DIGITS && /^[0-9a-fA-F]+$/.test(text)) return [Buffer.from(text, 'hex')];
    throw new UsageError(
      `Cannot use line ${i + 1} of "${file}" as a cookie secret: it is none; ` +
        `expected ${DIGITS} hexadecimal digits`,
    );
  });
  if (secrets.length >= 1 && secrets.length <= SECRETS_MAX) return secrets;
  throw new UsageError(
    `Cannot use the cookie secrets of "${file}": there are ${secrets.length}; ` +
      `expected 1 to ${SECRETS_MAX}`,
  );
}

function readLines(file: string): readonly string[] {
  try {
    return readFileSync(file, 'utf8').split('\n');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(`Cannot use "${file}" as cookie secrets: ${why}; expected a file`);
  }
}
