/** The message of anything thrown, with its cause: `fetch failed` alone does not name the reason. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Node tries IPv6 and IPv4, and its AggregateError has no message.
  const parts = error instanceof AggregateError ? error.errors.map(errorText) : [];
  const own = error.message || parts.join("; ") || error.name;
  return error.cause === undefined ? own : `${own}: ${errorText(error.cause)}`;
}
