/** For JSON: options without the lines of the file that they stand on. */
export function withoutPlaces(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('file' in value && 'line' in value)) {
    return value;
  }
  return { ...value, file: undefined, line: undefined };
}
