import { canonical, isHash, sha256 } from './canonical.js';
import { FleetError } from './errors.js';
import { limits } from './limits.js';
import type { PlainLoss } from './lossDescription.js';
import { type Numerics, numericsText } from './numerics.js';

/** A loss between some pairs of clouds. */
export interface PairsTile {
  readonly kind: 'pairs';
  readonly numerics: Numerics;
  readonly loss: PlainLoss;
  /** Hashes of the clouds that pairs are of. */
  readonly clouds: readonly string[];
  /** Indices of two clouds each. */
  readonly pairs: readonly (readonly [number, number])[];
}

/** Some of the divisions of a permutation test, counted from 0, after the two samples as they are. */
export interface DivisionsTile {
  readonly kind: 'divisions';
  readonly numerics: Numerics;
  readonly loss: PlainLoss;
  /** The hashes of x and y. */
  readonly clouds: readonly [string, string];
  readonly permutations: number;
  readonly seed: number;
  readonly from: number;
  readonly to: number;
}

/** The divergence between two clouds with its gradient in the points of the first, for barycenters whose points move; p is 2. */
export interface InnerTile {
  readonly kind: 'inner';
  readonly numerics: Numerics;
  /** The hashes of x and y, and of potentials to start from where there are some. */
  readonly clouds: readonly [string, string] | readonly [string, string, string];
  readonly blur: number;
  /** Absent where all mass is moved. */
  readonly reach?: number;
  readonly debias: boolean;
  /** The marginal error to reach. */
  readonly tolerance: number;
}

/** The transport of masses on a fixed support to a measure, for barycenters there. */
export interface FixedTile {
  readonly kind: 'fixed';
  readonly numerics: Numerics;
  /** The hashes of the support with its masses, of the measure, and of a potential to start from where there is one. */
  readonly clouds: readonly [string, string] | readonly [string, string, string];
  readonly p: 1 | 2;
  readonly blur: number;
  /** Absent where all mass is moved. */
  readonly reach?: number;
  /** That of the support and all measures. */
  readonly diameter: number;
  /** The measure's mass, which its shares only nearly add up to. */
  readonly mass: number;
}

/** A piece of work as plain data: the numbers that come of it depend on nothing else. */
export type Tile = PairsTile | DivisionsTile | InnerTile | FixedTile;

/** All that a tile of each kind may have. */
const KEYS: { readonly [K in Tile['kind']]: readonly string[] } = {
  pairs: ['kind', 'numerics', 'loss', 'clouds', 'pairs'],
  divisions: ['kind', 'numerics', 'loss', 'clouds', 'permutations', 'seed', 'from', 'to'],
  inner: ['kind', 'numerics', 'clouds', 'blur', 'reach', 'debias', 'tolerance'],
  fixed: ['kind', 'numerics', 'clouds', 'p', 'blur', 'reach', 'diameter', 'mass'],
};

/** Whether a tile is a step of one run, whose result nobody asks for later. */
export const isStep = ({ kind }: Tile): boolean => kind === 'inner' || kind === 'fixed';

/** The key of a tile: the sha256 of all that decides its numbers. */
export const tileId = (tile: Tile): string => sha256(canonical(tile));

/**
 * A tile that arrived, checked: its shape, its size, its key and its numerics.
 *
 * @throws FleetError that says what is wrong.
 */
export function checkTile(data: unknown, id: string, own: Numerics): Tile {
  const wrong = (why: string) => new FleetError('INVALID_TILE', `a job is no tile: ${why}`);
  if (typeof data !== 'object' || data === null || Array.isArray(data)) throw wrong('it is no object');
  const text = canonical(data);
  if (text.length > limits.jobCharacters) {
    throw new FleetError('TOO_LARGE', `a job has ${text.length} characters: ${limits.jobCharacters} are allowed`);
  }
  if (sha256(text) !== id) throw wrong('its key is not that of its content');
  const tile = data as Tile;
  if (canonical(tile.numerics ?? null) !== canonical(own)) {
    throw new FleetError(
      'OTHER_NUMERICS',
      `a tile for ${describe(tile.numerics)}: this worker has ${numericsText(own)}; run the same version everywhere`,
    );
  }
  if (!Object.hasOwn(KEYS, tile.kind)) throw wrong('it is of no known kind');
  const unknown = Object.keys(tile).find((key) => !KEYS[tile.kind].includes(key));
  if (unknown !== undefined) throw wrong(`it has ${JSON.stringify(unknown)}, which tiles of its kind have not`);
  const { clouds } = tile;
  if (!Array.isArray(clouds) || clouds.length === 0 || !clouds.every(isHash))
    throw wrong('clouds is no list of hashes');
  if (clouds.length > limits.clouds) {
    throw new FleetError('TOO_LARGE', `a tile has ${clouds.length} clouds: ${limits.clouds} are allowed`);
  }
  const isCount = (value: unknown, most: number) =>
    Number.isInteger(value) && (value as number) >= 0 && (value as number) <= most;
  if (tile.kind === 'pairs') {
    const { pairs } = tile;
    if (!Array.isArray(pairs) || pairs.length === 0) throw wrong('pairs is no list');
    if (pairs.length > limits.items) {
      throw new FleetError('TOO_LARGE', `a tile has ${pairs.length} pairs: ${limits.items} are allowed`);
    }
    for (const pair of pairs) {
      if (!Array.isArray(pair) || pair.length !== 2 || !pair.every((each) => isCount(each, clouds.length - 1))) {
        throw wrong('a pair is no two indices of clouds');
      }
    }
  } else if (tile.kind === 'inner' || tile.kind === 'fixed') {
    const { blur, reach = 1 } = tile;
    if (clouds.length !== 2 && clouds.length !== 3) throw wrong('an inner problem has two clouds, and a start');
    const isLength = (value: unknown) => typeof value === 'number' && value > 0 && value < Number.POSITIVE_INFINITY;
    const isWhole =
      tile.kind === 'inner'
        ? isLength(tile.tolerance) && typeof tile.debias === 'boolean'
        : [1, 2].includes(tile.p) && isLength(tile.mass) && (tile.diameter === 0 || isLength(tile.diameter));
    if (![blur, reach].every(isLength) || !isWhole) throw wrong('its options are none');
  } else {
    const { permutations, seed, from, to } = tile;
    if (clouds.length !== 2) throw wrong('a test has two clouds');
    if (
      !isCount(permutations, 2 ** 31) ||
      !Number.isSafeInteger(seed) ||
      !isCount(from, to) ||
      !isCount(to, permutations)
    ) {
      throw wrong('its divisions are out of range');
    }
    if (to - from > limits.items) {
      throw new FleetError('TOO_LARGE', `a tile has ${to - from} divisions: ${limits.items} are allowed`);
    }
  }
  return tile;
}

function describe(numerics: unknown): string {
  try {
    return numericsText(numerics as Numerics).slice(0, 120);
  } catch {
    return 'unknown numerics';
  }
}
