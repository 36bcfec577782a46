import { UnsupportedError } from '@sinkhorn/core';
import type { PooledBuffer } from './device/bufferPool.js';

/** A piece of an array, in a buffer of its own or in a part of one. */
export interface Piece extends PooledBuffer {
  /** Where it begins in its buffer, in bytes. */
  readonly offset: number;
}

/**
 * An array on the device: in one piece, or in several where it is longer than what a kernel can bind. Entries are counted
 * through the whole batch.
 */
export interface StoredArray {
  readonly shape: readonly number[];
  readonly pieces: readonly Piece[];
  /** Entries of each piece but the last. */
  readonly entriesOfPiece: number;
  /** Whether the buffers are a caller's, and not of the pool. */
  readonly foreign: boolean;
}

export const countOf = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1);

/** Numbers of an entry, of which there is one a row or column. */
export const sizeOf = ({ shape }: Pick<StoredArray, 'shape'>): number => shape[shape.length - 1];

/** Entries before those of an element of the batch; an array without a batch serves every element. */
export const entriesBefore = ({ shape }: StoredArray, element: number): number =>
  shape.length === 3 ? element * shape[1] : 0;

/** How many entries a piece has, for arrays of a shape and pieces of some bytes. */
export function entriesThatFit(shape: readonly number[], bytesOfPiece: number): number {
  const bytes = 4 * shape[shape.length - 1];
  if (bytes * (countOf(shape) / Math.max(1, shape[shape.length - 1])) <= bytesOfPiece) return Number.POSITIVE_INFINITY;
  const fitting = Math.floor(bytesOfPiece / bytes);
  if (fitting > 0) return fitting;
  throw new UnsupportedError(
    `points of ${bytes} bytes: this device binds at most ${bytesOfPiece} (maxStorageBufferBindingSize); use fewer dimensions`,
  );
}

/** The piece that an entry is in. */
export const pieceAt = ({ pieces, entriesOfPiece }: StoredArray, entry: number): { piece: Piece; first: number } => {
  const index = Number.isFinite(entriesOfPiece) ? Math.min(pieces.length - 1, Math.floor(entry / entriesOfPiece)) : 0;
  return { piece: pieces[index], first: index === 0 ? 0 : index * entriesOfPiece };
};
