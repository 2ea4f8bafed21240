/**
 * Reading JSON that nobody has checked. A Field knows where in the object it stands, so that what
 * is wrong can be said, and for a file pointed at; reading goes on after a fault with a value that
 * does no harm, and the first fault decides.
 *
 *   rootField(raw) → at(field, 'spec') → at(field, 'clusterIPs') → items(field) → textOf(field)
 */

export interface Field {
  readonly value: unknown;
  readonly parent: Field | undefined;
  readonly key: string | number;
  /** Shared by all fields of one object. */
  readonly faults: Fault[];
}

export interface Fault {
  readonly path: Path;
  /** `spec.ports[0].port is "http"; expected a whole number` */
  readonly text: string;
}

export type Path = readonly (string | number)[];

export function rootField(value: unknown): Field {
  return { value, parent: undefined, key: '', faults: [] };
}

/** A member of an object; its value is undefined when there is none, or when this is no object. */
export function at(field: Field, key: string): Field {
  const member = isJson(field.value) ? field.value[key] : undefined;
  return { value: member === null ? undefined : member, parent: field, key, faults: field.faults };
}

/** Faults a field that is there and is no object. */
export function objectAt(field: Field, key: string): Field {
  const member = at(field, key);
  if (member.value !== undefined && !isJson(member.value)) wrong(member, 'an object');
  return member;
}

/** The items of a list, none when there is no list. */
export function items(field: Field, countMax: number): readonly Field[] {
  if (field.value === undefined) return [];
  if (!Array.isArray(field.value)) {
    wrong(field, 'a list');
    return [];
  }
  if (field.value.length > countMax) {
    fault(field, `has ${field.value.length} items; expected at most ${countMax}`);
    return [];
  }
  return field.value.map((value: unknown, key) => ({
    value,
    parent: field,
    key,
    faults: field.faults,
  }));
}

/** '' when there is none. */
export function textOf(field: Field): string {
  if (typeof field.value === 'string') return field.value;
  if (field.value !== undefined) wrong(field, 'text');
  return '';
}

/** Undefined when there is none. */
export function wholeNumberOf(field: Field, min: number, max: number): number | undefined {
  const { value } = field;
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max)
    return value;
  wrong(field, `a whole number from ${min} to ${max}`);
  return undefined;
}

export function booleanOf(field: Field, otherwise: boolean): boolean {
  if (typeof field.value === 'boolean') return field.value;
  if (field.value !== undefined) wrong(field, 'true or false');
  return otherwise;
}

/** A map of text to text, by key, of the keys wanted; undefined when it would be empty. */
export function textsByKey(
  field: Field,
  isWanted: (key: string) => boolean,
): Readonly<Record<string, string>> | undefined {
  if (!isJson(field.value)) {
    if (field.value !== undefined) wrong(field, 'an object');
    return undefined;
  }
  const keys = Object.keys(field.value).filter(isWanted).sort();
  if (keys.length === 0) return undefined;
  return Object.fromEntries(keys.map((key) => [key, textOf(at(field, key))]));
}

/** Records that the field's value is not what it must be. */
export function wrong(field: Field, expected: string): void {
  fault(field, `is ${shown(field.value)}; expected ${expected}`);
}

export function fault(field: Field, text: string): void {
  const path = pathOf(field);
  field.faults.push({ path, text: `${pathText(path)} ${text}` });
}

export function isJson(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function pathOf(field: Field): Path {
  return field.parent === undefined ? [] : [...pathOf(field.parent), field.key];
}

function pathText(path: Path): string {
  const text = path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`)).join('');
  return text === '' ? 'the object' : text.replace(/^\./, '');
}

/** Octets of a value that an error line repeats. */
const SHOWN_OCTETS_MAX = 80;

function shown(value: unknown): string {
  if (value === undefined) return 'missing';
  const text = JSON.stringify(value) ?? typeof value;
  return text.length > SHOWN_OCTETS_MAX ? `${text.slice(0, SHOWN_OCTETS_MAX)}…` : text;
}
