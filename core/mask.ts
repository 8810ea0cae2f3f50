/** What stands in for a secret wherever one would be shown. */
export const masked = "****";

/** Replaces the password of a connection address, and nothing else: host, port, database and user are what people need to see. */
export function maskUrl(value: string): string {
  return value.replace(/^([a-z][a-z0-9+.-]*:\/\/[^:/?#@]*):[^@/]*@/i, `$1:${masked}@`);
}

/** Replaces every occurrence of the given secrets in a text. Secrets shorter than 4 characters are left: they would blank out words. */
export function maskSecrets(text: string, secrets: Iterable<string>): string {
  let result = text;
  for (const secret of secrets) if (secret.length >= 4) result = result.replaceAll(secret, masked);
  return result;
}
