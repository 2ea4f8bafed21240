/**
 * EDNS options of a query as rules change them, and what a client is told of that. Upstream gets
 * the options that rules name, and no others of the client.
 */
import {
  type EdnsOption,
  type Message,
  OPTION_NSID,
  UDP_OCTETS_PLAIN,
} from '../../../../libs/dns/message.ts';
import type { Query } from '../../query.ts';
import type { Response } from '../../response.ts';

/** What a rule did to one option. */
export interface OptionEdit {
  readonly code: number;
  /** The client may be told. */
  readonly isTold: boolean;
  /** What the rule found, where it is said to undo what it did; absent: it stays. */
  readonly undo?: { readonly before: EdnsOption | undefined };
}

export function optionOf(message: Message, code: number): EdnsOption | undefined {
  return message.edns?.options.find((option) => option.code === code);
}

/** The query with this option in the place of those of its code, here and upstream. */
export function withOption(query: Query, code: number, option: EdnsOption | undefined): Query {
  const { message } = query;
  const upstreamOptions = replaced(query.upstreamOptions ?? [], code, option);
  const options = replaced(message.edns?.options ?? [], code, option);
  if (message.edns === undefined && option === undefined) return { ...query, upstreamOptions };
  // The client can receive what it could before.
  const edns = message.edns ?? { udpSize: UDP_OCTETS_PLAIN, version: 0, dnssecOk: false, options };
  return { ...query, upstreamOptions, message: { ...message, edns: { ...edns, options } } };
}

function replaced(
  options: readonly EdnsOption[],
  code: number,
  by: EdnsOption | undefined,
): readonly EdnsOption[] {
  const at = options.findIndex((option) => option.code === code);
  const others = options.filter((option) => option.code !== code);
  if (by === undefined) return others;
  return at < 0 ? [...others, by] : others.toSpliced(at, 0, by);
}

/**
 * The response with the options that the client gets. Of what rules edited that is: local options
 * as upstream says them; where the answer is ours, as the rules left them when those that undo have
 * done so; NSID where the client asked for it (RFC 5001 § 2.1). Its own options nobody echoes.
 */
export function withReplyOptions(
  response: Response,
  client: Query,
  asked: Query,
  edits: readonly OptionEdit[],
): Response {
  if (edits.length === 0) return response;
  const left = new Map<number, EdnsOption>();
  const told = new Set<number>();
  for (const { code, isTold } of edits) {
    const option = optionOf(asked.message, code);
    if (option !== undefined) left.set(code, option);
    if (isTold) told.add(code);
  }
  for (const { code, undo } of edits.toReversed()) {
    if (undo === undefined || !left.has(code)) continue;
    if (undo.before === undefined) left.delete(code);
    else left.set(code, undo.before);
  }
  const asksForNsid = optionOf(client.message, OPTION_NSID) !== undefined;
  const edited = new Set(edits.map(({ code }) => code));
  const said = response.options.filter(({ code }) => {
    if (!edited.has(code)) return true;
    return told.has(code) ? left.has(code) : code === OPTION_NSID && asksForNsid;
  });
  const own = [...left.values()].filter(
    (option) =>
      !response.recursionAvailable &&
      told.has(option.code) &&
      // The target of an alias may have come through here, too.
      !said.some(({ code }) => code === option.code) &&
      optionOf(client.message, option.code) !== option,
  );
  return { ...response, options: [...said, ...own] };
}
