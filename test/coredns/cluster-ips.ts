/** Cluster IPs of the Services that a random world has. */

/** Each is given out once in a life of a world. The first of them, endpoints have as well. */
export class ClusterIPs {
  #next = 257;

  take(): { readonly ipv4: string; readonly ipv6: string } {
    const n = this.#next++;
    return { ipv4: `10.96.${n >> 8}.${n & 255}`, ipv6: `fd00:10:96::${n.toString(16)}` };
  }
}
