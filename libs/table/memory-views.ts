/**
 * The three ways the shared memory is looked at: words for structure, octets for names, the rest.
 */
export interface MemoryViews {
  readonly words: Int32Array<SharedArrayBuffer>;
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  readonly data: DataView<SharedArrayBuffer>;
}

export function viewsOf(memory: SharedArrayBuffer): MemoryViews {
  return {
    words: new Int32Array(memory),
    bytes: new Uint8Array(memory),
    data: new DataView(memory),
  };
}
