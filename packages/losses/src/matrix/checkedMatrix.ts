import { InvalidOptionError } from '@sinkhorn/core';

type Numbers = ArrayLike<number>;

/** A matrix of finite numbers, flat and row by row in float64. */
export interface CheckedMatrix {
  readonly values: Float64Array;
  readonly rows: number;
  readonly columns: number;
}

/**
 * Checks a matrix: rows as lists, or all numbers in one list with a shape.
 *
 * @throws InvalidOptionError naming `name`, the place and the remedy.
 */
export function checkedMatrix(
  name: string,
  matrix: Numbers | readonly Numbers[],
  shape: readonly number[] | undefined,
): CheckedMatrix {
  if (typeof matrix !== 'object' || matrix === null || typeof matrix.length !== 'number') {
    throw new InvalidOptionError(`${name} is no matrix: give numbers with a shape, or a list of rows`);
  }
  const isNested = typeof matrix[0] === 'object';
  const [rows, columns] = isNested ? [matrix.length, (matrix as readonly Numbers[])[0].length] : (shape ?? []);
  for (const length of [rows, columns]) {
    if (Number.isInteger(length) && length > 0) continue;
    throw new InvalidOptionError(`shape is [${shape}]: give [N, M], rows and columns of ${name}`);
  }
  if (isNested && shape && (shape[0] !== rows || shape[1] !== columns)) {
    throw new InvalidOptionError(
      `${name} has ${rows} rows of ${columns} numbers, and shape is [${shape}]: leave shape out`,
    );
  }
  const values = new Float64Array(rows * columns);
  const lists = isNested ? (matrix as readonly Numbers[]) : [matrix as Numbers];
  const length = isNested ? columns : values.length;
  for (const [i, list] of Array.from(lists).entries()) {
    if (list?.length === length) continue;
    throw new InvalidOptionError(
      isNested
        ? `${name}[${i}] has ${list?.length} numbers, ${name}[0] has ${columns}: give all rows as many`
        : `${name} has ${list.length} numbers: give ${rows} x ${columns}, row by row`,
    );
  }
  for (let k = 0; k < values.length; k++) {
    const given = lists[Math.floor(k / length)][k % length];
    if (typeof given !== 'number' || !Number.isFinite(given)) {
      throw new InvalidOptionError(
        `${name}: the cost from ${Math.floor(k / columns)} to ${k % columns} is ${given}: give finite numbers`,
      );
    }
    values[k] = given;
  }
  return { values, rows, columns };
}

/** How far two entries may differ, relative to the largest, and still be roundings of one. */
const SYMMETRY = 1e-9;

/** @throws InvalidOptionError where a matrix is not that of `count` points with themselves. */
export function checkSelfMatrix(name: string, { values, rows, columns }: CheckedMatrix, count: number): void {
  if (rows !== count || columns !== count) {
    throw new InvalidOptionError(
      `${name} is ${rows} x ${columns}: give ${count} x ${count}, one row for each of the points`,
    );
  }
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < i; j++) {
      if (Math.abs(values[i * count + j] - values[j * count + i]) <= SYMMETRY * largest) continue;
      throw new InvalidOptionError(
        `${name} is not symmetric: ${values[i * count + j]} from ${i} to ${j}, ${values[j * count + i]} back; leave debias out`,
      );
    }
  }
}
