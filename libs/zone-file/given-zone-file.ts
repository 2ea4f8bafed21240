/** Zone files of tests. */
import { formatRecord } from '../dns/presentation.ts';
import { parseZoneFile, ZONE_FILE_LIMITS, type ZoneFileLimits } from './zone-file.ts';

export type Files = Readonly<Record<string, string>>;

/** The records of `db`, among other files. */
export function parse(
  db: string,
  files: Files = {},
  limits: Partial<ZoneFileLimits> = {},
): readonly string[] {
  const all: Files = { 'zones/db': db, ...files };
  const read = (path: string) => {
    const text = all[path];
    if (text === undefined) throw new Error('no such file');
    return text;
  };
  const options = { origin: 'example.org.', read, limits: { ...ZONE_FILE_LIMITS, ...limits } };
  return [...parseZoneFile('zones/db', options)].map(({ record }) => formatRecord(record));
}
