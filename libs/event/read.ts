/**
 * Reads untyped JSON into plain data, field by field, without trusting it: what is not as it should
 * be throws a Malformed, which says where.
 */

export type Json = Readonly<Record<string, unknown>>;

export class Malformed extends Error {
  override readonly name = 'Malformed';
}

export function readObject(value: unknown, what: string): Json {
  if (!isJson(value)) throw new Malformed(`${what} is ${shown(value)}; expected an object`);
  return value;
}

export function readText(from: Json, field: string): string {
  const value = from[field];
  if (typeof value !== 'string') throw wrong(field, value, 'text');
  return value;
}

export function readNumber(from: Json, field: string): number {
  const value = from[field];
  if (typeof value !== 'number' || !Number.isSafeInteger(value))
    throw wrong(field, value, 'a whole number');
  return value;
}

export function readBoolean(from: Json, field: string): boolean {
  const value = from[field];
  if (typeof value !== 'boolean') throw wrong(field, value, 'true or false');
  return value;
}

/** Of a field that is there only when it is so. */
export function readTrue(from: Json, field: string): true {
  const value = from[field];
  if (value !== true) throw wrong(field, value, 'true');
  return value;
}

export function readOneOf<T extends string>(from: Json, field: string, values: readonly T[]): T {
  const value = from[field];
  const found = values.find((one) => one === value);
  if (found === undefined) throw wrong(field, value, values.join(' or '));
  return found;
}

export function readTexts(from: Json, field: string): readonly string[] {
  return readList(from, field, (item) => {
    if (typeof item !== 'string') throw wrong(field, item, 'text');
    return item;
  });
}

export function readList<T>(from: Json, field: string, read: (item: unknown) => T): readonly T[] {
  const value = from[field];
  if (!Array.isArray(value)) throw wrong(field, value, 'a list');
  return value.map(read);
}

/** A map of text to text. */
export function readLabels(from: Json, field: string): Readonly<Record<string, string>> {
  const labels: Record<string, string> = {};
  for (const [key, value] of Object.entries(readObject(from[field], field))) {
    if (typeof value !== 'string') throw wrong(`${field}.${key}`, value, 'text');
    labels[key] = value;
  }
  return labels;
}

/**
 * `{ [field]: value }` when the field is there, and nothing otherwise: for spreading into plain
 * data.
 */
export function optional<K extends string, T>(
  from: Json,
  field: K,
  read: (from: Json, field: K) => T,
): { readonly [P in K]?: T } {
  if (from[field] === undefined) return {};
  const some: { [P in K]?: T } = {};
  some[field] = read(from, field);
  return some;
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function wrong(field: string, value: unknown, expected: string): Malformed {
  return new Malformed(`field ${field} is ${shown(value)}; expected ${expected}`);
}

function shown(value: unknown): string {
  return value === undefined ? 'missing' : (JSON.stringify(value) ?? typeof value).slice(0, 80);
}
