/** A template whose text is records, as lines of a zone file. */
import type { RR } from '../../../../libs/dns/rrset.ts';
import { compileTemplate, type Template } from '../../../../libs/text-template/template.ts';
import type { Shape } from '../../../../libs/text-template/value.ts';
import { TemplateFailure } from '../../../../libs/text-template/value.ts';
import { entriesOf } from '../../../../libs/zone-file/entries.ts';
import { recordOf } from '../../../../libs/zone-file/record-words.ts';
import { ZoneFileError } from '../../../../libs/zone-file/zone-file-error.ts';
import { parseInteger } from './parse-integer.ts';
import { type Matched, valuesOf } from './query-values.ts';

export const SECTIONS = ['answer', 'additional', 'authority'] as const;
export type Section = (typeof SECTIONS)[number];

export interface RecordTemplate {
  readonly section: Section;
  /** As it was written. */
  readonly source: string;
  /** None where the text is empty. Throws RecordFailure. */
  make(matched: Matched): readonly RR[];
}

/** Records that can't be made of a query. */
export class RecordFailure extends Error {
  override readonly name = 'RecordFailure';
  /** Whether the template failed, or made what is no record. */
  readonly of: 'template' | 'record';

  constructor(of: RecordFailure['of'], text: string) {
    super(text);
    this.of = of;
  }
}

/** Loops of a template, and what comes out: a record is at most four times 64 KiB of text. */
const BOUNDS = { steps: 10_000, characters: 262_144 } as const;
/** Of records that have none, in seconds: CoreDNS's. */
const TTL_DEFAULT = 3600;

/**
 * Throws TemplateError; RecordFailure where the text says the same of each query, and that is no
 * record.
 */
export function compileRecord(section: Section, source: string, shape: Shape): RecordTemplate {
  const functions = { parseInt: parseInteger };
  const template = compileTemplate(source, { dot: shape, functions, bounds: BOUNDS });
  if (template.isConstant) {
    const records = recordsOf(template.execute(undefined), 'IN');
    return { section, source, make: () => records };
  }
  const make = (matched: Matched) => recordsOf(textOf(template, matched), matched.className);
  return { section, source, make };
}

function textOf(template: Template, matched: Matched): string {
  try {
    return template.execute(valuesOf(matched));
  } catch (error) {
    if (!(error instanceof TemplateFailure)) throw error;
    throw new RecordFailure('template', error.message);
  }
}

/** `text`: lines of a zone file. */
function recordsOf(text: string, className: string): readonly RR[] {
  const context = { origin: '.', owner: undefined, ttl: TTL_DEFAULT, isTtlSet: true };
  // What reads zone files takes a character for an octet.
  const octets = Buffer.from(text.replaceAll(/^[ \t]+/gm, '')).toString('latin1');
  try {
    return [...entriesOf(octets, 'record')].map((entry) => {
      // Others than IN are of the question's class, whatever it is.
      const words = entry.words.filter((word, i) => word !== className || i === 0 || i > 2);
      return recordOf({ ...entry, words }, context, { file: 'record', line: entry.line });
    });
  } catch (error) {
    if (!(error instanceof ZoneFileError)) throw error;
    throw new RecordFailure('record', error.message.replace(/^record:\d+: /, ''));
  }
}
