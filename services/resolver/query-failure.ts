/**
 * A query that can't be answered for a reason outside of the program: no upstream answers, say. It
 * becomes SERVFAIL, and `errors` writes its text. Any other exception of a plugin is a defect of
 * ours: SERVFAIL too, and counted as a panic.
 */
export class QueryFailure extends Error {
  override readonly name = 'QueryFailure';
}
