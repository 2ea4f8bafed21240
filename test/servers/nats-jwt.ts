/**
 * What `nsc` makes: an operator, an account and its users, as tokens that an nkey signs. The server
 * needs no more than the operator's and the account's.
 */
import { nkeys } from 'nats';

type Keys = ReturnType<typeof nkeys.createUser>;

const TEXT = new TextEncoder();
const UNLIMITED = { subs: -1, data: -1, payload: -1 };
const OF_ACCOUNT = { imports: -1, exports: -1, wildcards: true, conn: -1, leaf: -1 };
const OF_JETSTREAM = { mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 };

export class NatsOperator {
  readonly #operator = nkeys.createOperator();
  readonly #account = nkeys.createAccount();
  readonly #system = nkeys.createAccount();

  /** For a server's configuration. */
  get configuration(): string {
    const operator = token(this.#operator, this.#operator, 'operator', {});
    const limits = { ...UNLIMITED, ...OF_ACCOUNT };
    const entry = (account: Keys, more: object) => {
      const jwt = token(this.#operator, account, 'account', { limits: { ...limits, ...more } });
      return `${account.getPublicKey()}: ${jwt}`;
    };
    return `operator: ${operator}
system_account: ${this.#system.getPublicKey()}
resolver: MEMORY
resolver_preload: { ${entry(this.#account, OF_JETSTREAM)}, ${entry(this.#system, {})} }
`;
  }

  /** The text of a file of credentials. `expiresAtMs`: by the wall clock. */
  credentials(expiresAtMs?: number): string {
    const user = nkeys.createUser();
    const jwt = token(this.#account, user, 'user', UNLIMITED, expiresAtMs);
    const seed = new TextDecoder().decode(user.getSeed());
    const between = (what: string, text: string) =>
      `-----BEGIN ${what}-----\n${text}\n------END ${what}------\n`;
    const note = '************************* IMPORTANT *************************\nKeep it secret.\n';
    return `${between('NATS USER JWT', jwt)}\n${note}\n${between('USER NKEY SEED', seed)}`;
  }
}

function token(
  issuer: Keys,
  subject: Keys,
  type: string,
  claims: Readonly<Record<string, unknown>>,
  expiresAtMs?: number,
): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = [
    { typ: 'JWT', alg: 'ed25519-nkey' },
    {
      jti: crypto.randomUUID(),
      iat: Math.floor(Date.now() / 1000),
      ...(expiresAtMs !== undefined && { exp: Math.floor(expiresAtMs / 1000) }),
      iss: issuer.getPublicKey(),
      sub: subject.getPublicKey(),
      name: type,
      nats: { ...claims, type, version: 2 },
    },
  ]
    .map(part)
    .join('.');
  return `${signed}.${Buffer.from(issuer.sign(TEXT.encode(signed))).toString('base64url')}`;
}
