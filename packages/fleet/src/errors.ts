/** The stable codes of what goes wrong on a fleet. */
export type FleetErrorCode =
  | 'INVALID_TILE'
  | 'OTHER_NUMERICS'
  | 'TOO_LARGE'
  | 'MISSING_BLOB'
  | 'CORRUPT_BLOB'
  | 'COMPUTATION_FAILED'
  | 'THREAD_LOST'
  | 'TILES_FAILED'
  | 'NO_ANSWER'
  | 'CLOSED';

/**
 * What a fleet throws on purpose: a stable `code`, and a message that names what is wrong and the remedy.
 *
 * - `INVALID_TILE`: a job that is no tile, or not the one that its key says.
 * - `OTHER_NUMERICS`: a job for workers of another version, precision or engine.
 * - `TOO_LARGE`: a job or a blob above the limits.
 * - `MISSING_BLOB`, `CORRUPT_BLOB`: numbers that are not where they were put, or not those that were put.
 * - `COMPUTATION_FAILED`: the loss refused its input; the message has its words.
 * - `THREAD_LOST`: the thread that computed ended, as where there is no memory left.
 * - `TILES_FAILED`: some tiles failed and all others were computed; `tiles` has the error of each.
 * - `NO_ANSWER`: what listens where Redis should be does not answer.
 * - `CLOSED`: the fleet was closed, or nobody asks any more.
 */
export class FleetError extends Error {
  readonly code: FleetErrorCode;
  /** For `TILES_FAILED`: by the id of a tile, what happened to it. */
  readonly tiles?: ReadonlyMap<string, Error>;

  constructor(code: FleetErrorCode, message: string, tiles?: ReadonlyMap<string, Error>) {
    super(message);
    this.name = 'FleetError';
    this.code = code;
    if (tiles) this.tiles = tiles;
  }
}

const codes: readonly string[] = [
  'INVALID_TILE',
  'OTHER_NUMERICS',
  'TOO_LARGE',
  'MISSING_BLOB',
  'CORRUPT_BLOB',
  'COMPUTATION_FAILED',
  'THREAD_LOST',
  'TILES_FAILED',
  'NO_ANSWER',
  'CLOSED',
] satisfies readonly FleetErrorCode[];

/** An error as one line, to go where only text goes. */
export const errorText = (error: unknown): string =>
  error instanceof FleetError
    ? `[${error.code}] ${error.message}`
    : `[COMPUTATION_FAILED] ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`;

/** The error that a line tells of. */
export function errorFrom(text: string): FleetError {
  const [, code = '', message = text] = /^\[([A-Z_]+)\] ([\s\S]*)$/.exec(text) ?? [];
  return codes.includes(code)
    ? new FleetError(code as FleetErrorCode, message)
    : new FleetError('COMPUTATION_FAILED', text);
}
