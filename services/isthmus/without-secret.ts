/** Up to the last @, since a password may hold others; the scheme may be missing. */
export function withoutSecret(url: string): string {
  return url.replace(/^(\w+:\/\/)?.*@/, '$1…@');
}
