/** `isthmus drain CLUSTER`, `restore CLUSTER`: whether a cluster answers where others can too. */
import type { Drained, Restored } from '../../../libs/event/control.ts';
import { type Said, type Speaker, saidOf, say } from './control-word.ts';

/** One line of what happened. The cluster is known. Throws LogUnavailable. */
export async function drain(speaker: Speaker, cluster: string): Promise<string> {
  const event: Drained = { kind: 'drained', cluster };
  let before: Said | undefined;
  const position = await say(speaker, (control) => {
    before = saidOf(speaker, control, event);
    return control.state.drained.has(cluster) ? undefined : event;
  });
  if (position !== undefined) {
    return (
      `${cluster} is drained, at control position ${position}: ` +
      'other clusters answer wherever they can'
    );
  }
  return (
    `${cluster} is drained already, since ${before?.observedAt}, ` +
    `at control position ${before?.position}`
  );
}

/** Undefined: it is not drained. */
export async function restore(speaker: Speaker, cluster: string): Promise<string | undefined> {
  const event: Restored = { kind: 'restored', cluster };
  const position = await say(speaker, ({ state }) =>
    state.drained.has(cluster) ? event : undefined,
  );
  return position === undefined
    ? undefined
    : `${cluster} is restored, at control position ${position}`;
}
