import type { GridMeasure } from 'sinkhorn';
import { InputError } from '../inputError.js';
import type { ColumnChoice } from './columnChoice.js';
import { checkFile } from './fileProblem.js';
import { readNpyArray } from './npy.js';
import type { Kind } from './readers.js';
import { readPoints } from './readPoints.js';
import { fileSource, type Source, type SourceOptions } from './source.js';

/** Masses on a grid, as they were read from a file. */
export interface GridFile extends GridMeasure {
  readonly file: string;
  readonly grid: Float64Array;
  readonly spacing: readonly number[];
  readonly mass: number;
}

/** How a file is read as a grid. */
export interface GridOptions extends ColumnChoice, SourceOptions {
  /** The distance of neighbouring nodes, one for all axes or one for each. */
  readonly spacing: readonly number[];
  /** Whether dark pixels of pictures have mass, and not bright ones. */
  readonly dark?: boolean;
  /** The kind of a table. */
  readonly format?: Kind;
}

interface Numbers {
  readonly values: Float64Array;
  readonly shape: readonly number[];
}

/** Whether a file is a picture, by its name. */
export const isPicture = (file: string): boolean => /\.(png|pgm)(\.gz)?$/i.test(file);

/**
 * Reads masses on a grid: the brightness of pixels of a .png or .pgm, 0 to 255; the numbers of an .npy of any shape; or those of one column of
 * a table, which is a histogram.
 *
 * @throws InputError naming the file and the remedy.
 */
export async function readGrid(file: string, options: GridOptions, signal?: AbortSignal): Promise<GridFile> {
  const { values, shape } = await numbersOf(file, options, signal);
  const { spacing } = options;
  if (spacing.length !== 1 && spacing.length !== shape.length) {
    throw new InputError(
      `--spacing: it has ${spacing.length} lengths, and ${file} has ${shape.length} axes (${shape.join(' x ')}); give one for all or one for each`,
    );
  }
  return {
    file,
    grid: values,
    shape,
    spacing: shape.map((_, axis) => spacing[spacing.length === 1 ? 0 : axis]),
    mass: values.reduce((sum, value) => sum + value, 0),
  };
}

async function numbersOf(file: string, options: GridOptions, signal?: AbortSignal): Promise<Numbers> {
  if (isPicture(file)) {
    const picture = await import('./picture.js');
    const read = /\.png(\.gz)?$/i.test(file) ? picture.readPng : picture.readPgm;
    const { width, height, values } = await fromSource(file, options, signal, read);
    return { values: options.dark ? values.map((value) => 255 - value) : values, shape: [height, width] };
  }
  if (options.dark) throw new InputError(`--dark: ${file} is no picture; leave it out`);
  if (/\.npy(\.gz)?$/i.test(file)) {
    const { values, shape } = await fromSource(file, options, signal, readNpyArray);
    if (shape.length === 0) throw new InputError(`${file}: it holds one number; a grid has an axis or more`);
    return { values, shape };
  }
  const { points, dimension, columns, count } = await readPoints(file, options, signal);
  if (dimension !== 1) {
    throw new InputError(
      `${file}: it has ${dimension} columns (${columns.join(', ')}); choose the one with the masses with --columns`,
    );
  }
  return { values: points, shape: [count] };
}

async function fromSource<Result>(
  file: string,
  options: SourceOptions,
  signal: AbortSignal | undefined,
  read: (source: Source) => Promise<Result>,
): Promise<Result> {
  signal?.throwIfAborted();
  const source = fileSource(file, await checkFile(file), { ...options, signal });
  try {
    return await read(source);
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    source.close();
  }
}
