/** The name servers of a resolv.conf(5), in order. */
export function nameServersOf(text: string): readonly string[] {
  return text.split('\n').flatMap((line) => {
    const [, server] = /^\s*nameserver\s+(\S+)/.exec(line) ?? [];
    return server === undefined ? [] : [server];
  });
}
