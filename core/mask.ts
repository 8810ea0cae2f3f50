/** Shown in place of a secret. */
export const masked = "****";

/** Replaces the password of a connection string. Host, port, database and user stay, since people need them. */
export function maskUrl(value: string): string {
  // Up to the last @ of the authority: a password may hold one.
  return value.replace(/^([a-z][a-z0-9+.-]*:\/\/[^:/?#@]*):[^/?#]*@/i, `$1:${masked}@`);
}

/**
 * A function that replaces every occurrence of the given secrets in a text, also in their JSON form.
 * Secrets shorter than 4 characters are left: they would blank out words.
 */
export function secretMask(secrets: Iterable<string>): (text: string) => string {
  // A PEM has line breaks, which JSON escapes.
  const forms = [...secrets].flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)]);
  // Longest first, so that a secret which contains another one is replaced as a whole.
  const wanted = [...new Set(forms)].filter(({ length }) => length >= 4).sort((a, b) => b.length - a.length);
  return (text) => wanted.reduce((result, secret) => result.replaceAll(secret, masked), text);
}

/** `secretMask` for a single text. */
export const maskSecrets = (text: string, secrets: Iterable<string>): string => secretMask(secrets)(text);
