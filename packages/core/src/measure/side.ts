/** Which measure of a pair: its points are the rows of a reduction, or the side a gradient is taken for. */
export type Side = 'x' | 'y';

/**
 * The other measure of the pair.
 *
 * @example
 * ```ts
 * import { other } from '@sinkhorn/core/extend';
 *
 * if (other('x') !== 'y') throw new Error('unexpected');
 * ```
 */
export const other = (side: Side): Side => (side === 'x' ? 'y' : 'x');

/** Something for either side. */
export const bySide = <Result>(body: (side: Side) => Result): Record<Side, Result> => ({ x: body('x'), y: body('y') });
