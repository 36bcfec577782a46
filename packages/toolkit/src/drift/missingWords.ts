/** What spreadsheets, databases and programs write for an unknown value, in small letters. */
const missingWords: ReadonlySet<string> = new Set([
  '-',
  '--',
  '.',
  '?',
  '#n/a',
  '#na',
  '<na>',
  '\\n',
  '-nan',
  'missing',
  'n/a',
  'na',
  'nan',
  'nat',
  'nil',
  'none',
  'null',
]);

/** Whether text means an unknown number, date or truth value. Of categories it does not: one of them may be called "none". */
export const isMissingWord = (cell: unknown): boolean =>
  typeof cell === 'string' && missingWords.has(cell.trim().toLowerCase());
