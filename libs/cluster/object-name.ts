/** What Kubernetes lets objects be called, which is also what can stand in a DNS name. */

/** RFC 1123 label: at most 63 lower-case letters, digits and hyphens, not at an end. */
export function isLabel(text: string): boolean {
  return text.length <= 63 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(text);
}

/**
 * Kubernetes' idea of an RFC 1123 subdomain: parts like labels between dots, 253 characters in all.
 * A part may be longer than a label: names of pods and slices often are.
 */
export function isSubdomain(text: string): boolean {
  return (
    text.length <= 253 &&
    /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(text)
  );
}

/**
 * A host name as others may have given it: letters of either case, underscores, a dot at the end.
 */
export function isHostName(text: string): boolean {
  const name = text.endsWith('.') ? text.slice(0, -1) : text;
  return name.length <= 253 && name.split('.').every((label) => /^[-\w]{1,63}$/.test(label));
}
