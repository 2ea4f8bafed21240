/** Something that must never be so. `check`: which of the promises is broken. */
export class Violation extends Error {
  override readonly name = 'Violation';
  readonly check: CheckName;

  constructor(check: CheckName, why: string) {
    super(`${check}: ${why}`);
    this.check = check;
  }
}

export type CheckName =
  /** What a writer was told to be stored stands in the log. */
  | 'no acknowledged event lost'
  | 'positions never go back'
  /** What a resolver folded is what the log says, up to there. */
  | 'state = replay'
  | 'a name that exists throughout is never denied'
  | 'nothing answered that no cluster said'
  /** What the shared store has, and the log after it, is what the log says. */
  | 'the store leads to the log'
  /** After quiet, every resolver says what the APIs say, in time. */
  | 'truth after quiet'
  /** Nothing in a process ends that has to go on. */
  | 'nothing fails';
