import { printable } from '@sinkhorn/toolkit/printable';
import { type Command, InvalidArgumentError } from 'commander';
import type { GridMeasure } from 'sinkhorn';
import type { CommandIo } from '../commandIo.js';
import { InputError } from '../inputError.js';
import type { ProgressLine } from '../progress.js';
import { type GridFile, isPicture, readGrid } from '../readers/readGrid.js';
import { formatNumber } from '../writers/numbers.js';
import { type InputOptions, number } from './inputs.js';

/** The options of every command that reads grids. */
export interface GridOptions {
  readonly spacing?: readonly number[];
  readonly dark?: boolean;
}

/** Adds the options on grids. */
export function addGridOptions(command: Command): Command {
  return command
    .option(
      '--spacing <lengths>',
      'read files as grids of masses; the distance between nodes: one length, or one for each axis, as 1 or 0.5,0.2. Pictures (.png, .pgm) have masses 0 to 255, .npy any number of axes; one column of a table is a histogram',
      lengths,
    )
    .option('--dark', 'dark pixels of pictures have mass, and not bright ones');
}

function lengths(text: string): readonly number[] {
  const values = text.split(',').map(number);
  if (values.every((value) => value > 0 && value < Number.POSITIVE_INFINITY)) return values;
  throw new InvalidArgumentError('lengths are above 0.');
}

/**
 * Whether files are to be read as grids.
 *
 * @throws InputError for pictures without a spacing: lengths would have no unit.
 */
export function isOnGrids(files: readonly string[], { spacing, dark }: GridOptions): boolean {
  if (spacing) return true;
  const picture = files.find(isPicture);
  if (picture) throw new InputError(`${picture}: say how far apart its pixels are with --spacing, as --spacing 1`);
  if (dark) throw new InputError('--dark: it is for pictures, with --spacing');
  return false;
}

/** Reads files as masses on grids. */
export async function readGrids(
  files: readonly string[],
  options: InputOptions & GridOptions,
  io: CommandIo,
  progress: ProgressLine,
): Promise<GridFile[]> {
  const { spacing, format, weights, ...choice } = options;
  if (!spacing) throw new InputError('--spacing: say how far apart nodes are, as --spacing 1');
  if (weights !== undefined)
    throw new InputError('--weights: the numbers of a grid are its masses; choose them by --columns');
  if (files.includes('-')) throw new InputError('-: grids are read from files; give the name of one');
  const grids: GridFile[] = [];
  for (const [k, file] of files.entries()) {
    progress.show(`reading ${printable(file)}`);
    grids.push(await readGrid(file, { ...choice, spacing, format: format?.[k] ?? format?.[0] }, io.signal));
  }
  const [first] = grids;
  const other = grids.find(({ shape }) => shape.length !== first.shape.length);
  if (other) {
    throw new InputError(
      `${first.file} has ${first.shape.length} axes (${first.shape.join(' x ')}) and ${other.file} has ${other.shape.length} (${other.shape.join(' x ')}); give grids of one dimension`,
    );
  }
  return grids;
}

/** Length of the diagonal of the box around grids. */
export const diameterOfGrids = (grids: readonly GridFile[]): number =>
  Math.hypot(
    ...grids[0].shape.map((_, axis) =>
      Math.max(...grids.map(({ shape, spacing }) => (shape[axis] - 1) * spacing[axis])),
    ),
  );

/** The masses alone: a measure has no other fields. */
export const measureOf = ({ grid, shape, spacing }: GridFile): GridMeasure => ({ grid, shape, spacing });

/** What --json says about a grid. */
export const gridJson = ({ file, shape, spacing, mass }: GridFile) => ({ file, shape, spacing, mass });

/** What the table says about a grid. */
export const gridText = ({ file, shape, mass }: GridFile): string =>
  printable(`${file}: ${shape.join(' x ')}, mass ${formatNumber(mass)}`);
