/**
 * Tells those who follow a zone that it changed (RFC 1996), so that they need not wait for its
 * refresh.
 *
 *   change ─ delay ─► NOTIFY to each ─┬─ answered: done
 *                                     └─ silence: again, with a longer wait, three times in all
 */
import { decode } from '../../../../libs/dns/decode.ts';
import { encode } from '../../../../libs/dns/encode.ts';
import { CLASS_IN, OPCODE, RCODE } from '../../../../libs/dns/iana.ts';
import { NO_FLAGS } from '../../../../libs/dns/message.ts';
import type { RR } from '../../../../libs/dns/rrset.ts';
import type { TsigKey } from '../../../../libs/dns/tsig.ts';
import { TsigSigner, verify } from '../../../../libs/dns/tsig.ts';
import type { Endpoint } from '../../../../libs/socket/socket-address.ts';
import { endpointText } from '../../../../libs/socket/socket-address.ts';
import type { Log } from '../../../../libs/telemetry/log.ts';
import type { ZoneSource } from '../../../../libs/transfer/zone-source.ts';

export interface Target {
  readonly endpoint: Endpoint;
  readonly key: TsigKey | undefined;
  /** The address to send from; undefined: the machine chooses. */
  readonly source: string | undefined;
}

export interface NotifierDependencies {
  readonly log: Log;
  /** Calls once, later; gives what prevents that. */
  readonly after: (ms: number, work: () => void) => () => void;
  /** Sends over UDP; false: no packet that `isAnswer` came in time. */
  readonly exchange: Exchange;
  readonly randomId: () => number;
  /** Since 1970. */
  readonly nowSeconds: () => number;
  readonly count: (zone: string, outcome: 'answered' | 'silent') => void;
}

export type Exchange = (
  packet: Uint8Array,
  target: Target,
  isAnswer: (packet: Uint8Array) => boolean,
  options: { readonly waitMs: number; readonly signal: AbortSignal },
) => Promise<boolean>;

/** Changes of a deployment come in many pieces within a second: they are one transfer. */
const NOTIFY_DELAY_MS = 1000;
/** How long each try waits for its answer. */
const NOTIFY_WAITS_MS = [2000, 4000, 8000] as const;

export class Notifier {
  readonly #source: ZoneSource;
  readonly #targets: readonly Target[];
  readonly #dependencies: NotifierDependencies;
  readonly #unfollow: () => void;
  readonly #silent = new Set<Target>();
  #cancel: (() => void) | undefined;
  /** Of the last change told; who tells of one before gives up. */
  #round = new AbortController();

  /** Tells at once where there is something to tell. */
  constructor(source: ZoneSource, targets: readonly Target[], dependencies: NotifierDependencies) {
    this.#source = source;
    this.#targets = targets;
    this.#dependencies = dependencies;
    this.#unfollow = source.onChange(() => this.#changed());
    if (source.soa() !== undefined) this.#changed();
  }

  stop(): void {
    this.#unfollow();
    this.#cancel?.();
    this.#round.abort();
  }

  #changed(): void {
    this.#cancel ??= this.#dependencies.after(NOTIFY_DELAY_MS, () => {
      this.#cancel = undefined;
      const soa = this.#source.soa();
      this.#round.abort();
      this.#round = new AbortController();
      const { signal } = this.#round;
      if (soa === undefined) return;
      for (const target of this.#targets) void this.#tell(target, soa, signal);
    });
  }

  async #tell(target: Target, soa: RR, signal: AbortSignal): Promise<void> {
    const { exchange, count } = this.#dependencies;
    const { packet, isAnswer } = this.#notify(target, soa);
    for (const waitMs of NOTIFY_WAITS_MS) {
      const isAnswered = await exchange(packet, target, isAnswer, { waitMs, signal });
      if (signal.aborted) return;
      if (!isAnswered) continue;
      count(this.#source.zone, 'answered');
      this.#heard(target, true);
      return;
    }
    count(this.#source.zone, 'silent');
    this.#heard(target, false);
  }

  /** A secondary that is away is told once, not with each change. */
  #heard(target: Target, isHeard: boolean): void {
    const { log } = this.#dependencies;
    const what = `plugin/transfer: ${endpointText(target.endpoint)}`;
    const { zone } = this.#source;
    if (isHeard && this.#silent.delete(target)) log.info(`${what} answers NOTIFY of ${zone} again`);
    if (isHeard || this.#silent.has(target)) return;
    this.#silent.add(target);
    log.warning(`${what} does not answer NOTIFY of ${zone}`);
  }

  #notify({ key }: Target, soa: RR) {
    const { randomId, nowSeconds } = this.#dependencies;
    const id = randomId();
    const message = encode({
      id,
      flags: { ...NO_FLAGS, authoritative: true },
      opcode: OPCODE.NOTIFY,
      rcode: RCODE.NOERROR,
      question: { name: this.#source.zone, type: 'SOA', class: CLASS_IN },
      answer: [soa],
      authority: [],
      additional: [],
      edns: undefined,
    });
    const isReply = (packet: Uint8Array) => {
      const decoded = decode(packet);
      if (decoded.kind === 'malformed') return false;
      const { message } = decoded;
      return message.id === id && message.flags.response && message.opcode === OPCODE.NOTIFY;
    };
    if (key === undefined) return { packet: message, isAnswer: isReply };
    const signer = new TsigSigner(key, nowSeconds);
    const packet = signer.sign(message);
    const mac = signer.mac;
    const keys = new Map([[key.name, key]]);
    const isAnswer = (reply: Uint8Array) =>
      isReply(reply) && verify(reply, keys, nowSeconds(), mac).kind === 'ok';
    return { packet, isAnswer };
  }
}
