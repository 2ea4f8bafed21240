/**
 * Replies in a form that can be compared: what a client can tell apart, and nothing else. Order
 * within a section, compression and the message's id are left out; the case of names is not.
 */
import { decode } from '../../libs/dns/decode.ts';
import { rcodeName } from '../../libs/dns/iana.ts';
import type { Message } from '../../libs/dns/message.ts';
import { formatRecord } from '../../libs/dns/presentation.ts';

export type Reply =
  | { readonly kind: 'silence' }
  | { readonly kind: 'unreadable'; readonly why: string }
  | { readonly kind: 'message'; readonly message: Message; readonly octets: number };

export function readReply(packet: Uint8Array | undefined): Reply {
  if (packet === undefined) return { kind: 'silence' };
  const decoded = decode(packet);
  if (decoded.kind === 'malformed') return { kind: 'unreadable', why: decoded.why };
  return { kind: 'message', message: decoded.message, octets: packet.length };
}

/** Messages are compared many times each. */
const LINES = new WeakMap<Message, readonly string[]>();

/** Everything that a reply says, a line each, in an order of its own. */
export function linesOf(reply: Reply): readonly string[] {
  if (reply.kind === 'silence') return ['no reply'];
  if (reply.kind === 'unreadable') return [`unreadable: ${reply.why}`];
  const known = LINES.get(reply.message);
  if (known !== undefined) return known;
  const lines = linesOfMessage(reply.message);
  LINES.set(reply.message, lines);
  return lines;
}

function linesOfMessage(message: Message): readonly string[] {
  const { question, edns } = message;
  const lines = [`status ${rcodeName(message.rcode)}, opcode ${message.opcode}`];
  lines.push(`flags ${flagsOf(message)}`);
  if (question === undefined) lines.push('no question');
  else lines.push(`question ${question.name} ${question.type} class ${question.class}`);
  for (const section of ['answer', 'authority', 'additional'] as const) {
    lines.push(...message[section].map((record) => `${section} ${formatRecord(record)}`).sort());
  }
  if (edns === undefined) return lines;
  const dnssecOk = edns.dnssecOk ? ' do' : '';
  lines.push(`edns version ${edns.version} udp ${edns.udpSize}${dnssecOk}`);
  for (const { code, data } of edns.options) {
    lines.push(`option ${code} ${Buffer.from(data).toString('hex')}`);
  }
  return lines;
}

export function isEqual(a: Reply, b: Reply): boolean {
  return linesOf(a).join('\n') === linesOf(b).join('\n');
}

/** What only one of them says, as a diff has it. */
export function differenceOf(theirs: Reply, ours: Reply): readonly string[] {
  const [left, right] = [linesOf(theirs), [...linesOf(ours)]];
  const missing: string[] = [];
  for (const line of left) {
    const at = right.indexOf(line);
    if (at < 0) missing.push(line);
    else right.splice(at, 1);
  }
  return [...missing.map((line) => `- ${line}`), ...right.map((line) => `+ ${line}`)];
}

function flagsOf({ flags }: Message): string {
  const names: readonly (readonly [boolean, string])[] = [
    [flags.response, 'qr'],
    [flags.authoritative, 'aa'],
    [flags.truncated, 'tc'],
    [flags.recursionDesired, 'rd'],
    [flags.recursionAvailable, 'ra'],
    [flags.authenticData, 'ad'],
    [flags.checkingDisabled, 'cd'],
  ];
  return names.flatMap(([isSet, name]) => (isSet ? [name] : [])).join(' ');
}
