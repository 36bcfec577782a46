import { canonical } from './canonical.js';
import { FleetError } from './errors.js';
import type { FormulaNodes } from './formulaNodes.js';
import { limits } from './limits.js';
import { type Numerics, numericsText } from './numerics.js';

/** An array as a job names it: pieces by rows, each by its name, and where each begins. */
export interface ArrayName {
  readonly shape: readonly number[];
  readonly pieces: readonly string[];
  /** [pieces + 1], from 0 to the number of rows. */
  readonly starts: readonly number[];
}

/** Some rows of a reduction as plain data. */
export interface ShardJob {
  readonly kind: 'shard';
  readonly numerics: Numerics;
  readonly precision: 'float32' | 'float64';
  readonly reduction: 'logSumExp' | 'softmaxMean' | 'sum' | 'min';
  readonly formulas: FormulaNodes;
  /** Which of score, value and finish the formulas are, in this order. */
  readonly has: readonly ('score' | 'value' | 'finish')[];
  readonly rows: Readonly<Record<string, ArrayName>>;
  readonly columns: Readonly<Record<string, ArrayName>>;
  readonly parameters: Readonly<Record<string, number>>;
  readonly from: number;
  readonly to: number;
  /** The name of the pattern's bytes, where there is one: that of these rows alone. */
  readonly blocks?: string;
  /** Under which names results are put: of this sender alone. */
  readonly out: readonly string[];
}

const isName = (name: unknown): name is string => typeof name === 'string' && /^[0-9a-zA-Z-]{8,100}$/.test(name);

/**
 * A job that arrived, checked; its formulas are checked where they are made.
 *
 * @throws FleetError that says what is wrong.
 */
export function checkShardJob(data: unknown, own: Numerics): ShardJob {
  const wrong = (why: string) => new FleetError('INVALID_TILE', `a job is no part of a reduction: ${why}`);
  if (typeof data !== 'object' || data === null) throw wrong('it is no object');
  const job = data as ShardJob;
  const text = canonical(data);
  if (text.length > limits.jobCharacters) {
    throw new FleetError('TOO_LARGE', `a job has ${text.length} characters: ${limits.jobCharacters} are allowed`);
  }
  if (canonical(job.numerics ?? null) !== canonical(own)) {
    throw new FleetError('OTHER_NUMERICS', `a job for other numerics: this worker has ${numericsText(own)}`);
  }
  if (job.precision !== 'float32' && job.precision !== 'float64') throw wrong('it has no precision');
  if (!['logSumExp', 'softmaxMean', 'sum', 'min'].includes(job.reduction)) throw wrong('it is of no known kind');
  if (!Array.isArray(job.has) || job.has.some((name) => !['score', 'value', 'finish'].includes(name))) {
    throw wrong('it has no formulas');
  }
  if (!Array.isArray(job.out) || job.out.length < 1 || job.out.length > 2 || !job.out.every(isName)) {
    throw wrong('it names no results');
  }
  if (job.blocks !== undefined && !isName(job.blocks)) throw wrong('it names no pattern');
  const { from, to } = job;
  if (!Number.isInteger(from) || !Number.isInteger(to) || from < 0 || to < from)
    throw wrong('its rows are out of range');
  for (const arrays of [job.rows, job.columns]) {
    if (typeof arrays !== 'object' || arrays === null) throw wrong('it names no arrays');
    for (const array of Object.values(arrays)) checkArray(array, wrong);
  }
  if (typeof job.parameters !== 'object' || job.parameters === null) throw wrong('it has no parameters');
  return job;
}

function checkArray(array: ArrayName, wrong: (why: string) => FleetError): void {
  const { shape, pieces, starts } = array ?? {};
  const isCount = (value: unknown) => Number.isInteger(value) && (value as number) >= 0;
  if (!Array.isArray(shape) || shape.length < 2 || shape.length > 3 || !shape.every(isCount))
    throw wrong('an array has no shape');
  if (shape.reduce((product, length) => product * length, 8) > limits.blobBytes) {
    throw new FleetError('TOO_LARGE', `an array has the shape [${shape}]: ${limits.blobBytes} bytes are allowed`);
  }
  if (!Array.isArray(pieces) || !pieces.every(isName) || pieces.length === 0) throw wrong('an array has no pieces');
  const rows = shape[shape.length - 2];
  const fits =
    Array.isArray(starts) &&
    starts.length === pieces.length + 1 &&
    starts.every(isCount) &&
    starts[0] === 0 &&
    starts[pieces.length] === rows &&
    starts.every((start, k) => k === 0 || start >= starts[k - 1]);
  if (!fits) throw wrong('the pieces of an array do not make it up');
}
