/** What is wrong with an expression; who has it adds the place. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError';
}
