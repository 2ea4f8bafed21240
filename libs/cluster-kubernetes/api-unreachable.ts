/** No answer: the network, the server or our configuration. Worth a retry. */
export class ApiUnreachable extends Error {
  override readonly name = 'ApiUnreachable';
}

/** What an error of the network says, of an AggregateError (each address refused) the first. */
export function causeOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return causeOf(error.errors[0]);
  if (!(error instanceof Error)) return String(error);
  return error.message || error.name;
}
