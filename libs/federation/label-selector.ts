/**
 * Label selectors as kubectl writes them: `app=web,tier in (a, b),!canary` (Kubernetes API
 * conventions, "Label selectors").
 */
import type { Labels } from '../event/object.ts';

/** All must be so. None: everything matches. */
export type LabelSelector = readonly Requirement[];

export interface Requirement {
  readonly key: string;
  readonly operator: 'in' | 'notin' | 'exists' | 'absent';
  /** Of `in` and `notin`: at least one. */
  readonly values: readonly string[];
}

/** A key that is absent is not in any set, so `notin` and `!=` match. */
export function matches(selector: LabelSelector, labels: Labels | undefined): boolean {
  return selector.every(({ key, operator, values }) => {
    const value = labels !== undefined && Object.hasOwn(labels, key) ? labels[key] : undefined;
    switch (operator) {
      case 'in':
        return value !== undefined && values.includes(value);
      case 'notin':
        return value === undefined || !values.includes(value);
      case 'exists':
        return value !== undefined;
      case 'absent':
        return value === undefined;
    }
  });
}
