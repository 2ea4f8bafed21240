/** A Corefile while kube-dns's configuration comes into it. */
import type { Corefile } from '../../../libs/corefile/corefile.ts';
import type { EditedText } from './edited-text.ts';

export interface Merging {
  readonly file: string;
  readonly corefile: Corefile;
  readonly edited: EditedText;
  /** What the cluster is called, where federations need that. */
  readonly cluster: string;
  readonly remark: (text: string) => void;
  /** Zone → its servers, as `forward` reads them. */
  readonly wanted: ReadonlyMap<string, string>;
}
