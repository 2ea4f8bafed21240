/** Chunks of a watch → its lines, each as soon as its end has come. */

/** The largest object etcd takes by default is 1.5 MiB; more is no line of a watch. */
const LINE_OCTETS_MAX = 8 * 1024 * 1024;
const NEWLINE = 10;

export class Lines {
  #begun: Buffer[] = [];
  #octets = 0;

  /** The lines that this chunk completes; undefined when one has grown beyond the limit. */
  add(chunk: Uint8Array): readonly string[] | undefined {
    const buffer = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const lines: string[] = [];
    let from = 0;
    for (;;) {
      const end = buffer.indexOf(NEWLINE, from);
      if (end < 0) break;
      const rest = buffer.toString('utf8', from, end);
      lines.push(this.#octets === 0 ? rest : this.#take(buffer.subarray(from, end)));
      from = end + 1;
    }
    if (from < buffer.length) {
      this.#begun.push(buffer.subarray(from));
      this.#octets += buffer.length - from;
    }
    return this.#octets > LINE_OCTETS_MAX ? undefined : lines;
  }

  #take(end: Buffer): string {
    const line = Buffer.concat([...this.#begun, end]).toString('utf8');
    this.#begun = [];
    this.#octets = 0;
    return line;
  }
}
