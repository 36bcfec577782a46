import { printable } from '@sinkhorn/toolkit/printable';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { CommandIo } from '../commandIo.js';
import { InputError } from '../inputError.js';
import type { ProgressLine } from '../progress.js';
import type { ColumnChoice } from '../readers/columnChoice.js';
import { listNames } from '../readers/listNames.js';
import type { PointCloud } from '../readers/pointCloud.js';
import { type Kind, kinds } from '../readers/readers.js';
import { readPoints } from '../readers/readPoints.js';
import { count } from '../writers/numbers.js';
import { requireDiameter } from './requireFinite.js';

/** The options of every command that reads two clouds. */
export interface InputOptions extends ColumnChoice {
  readonly format?: readonly Kind[];
  readonly maxUnzipped?: number;
  readonly quiet?: boolean;
}

/** Adds the two files and the options on how to read them. */
export function addInputs(command: Command): Command {
  command
    .argument(
      '<A>',
      'the first cloud: .csv .tsv .txt .xyz .pts .asc .json .jsonl .geojson .npy .npz .ply .pcd .obj .off .stl .parquet, perhaps with .gz; - is standard input',
    )
    .argument('<B>', 'the second cloud');
  return addReading(command);
}

const weightsColumn = new Option('--weights <name>', 'the column that holds the weights (default: equal weights)');

/** Adds the options on how to read clouds; `weights` is what this option means to the command. */
export function addReading(command: Command, weights = weightsColumn): Command {
  return addTableReading(command, 'the columns that are coordinates, as x,y,z (default: all; x,y,z of a .ply or .pcd)')
    .addOption(weights)
    .addOption(new Option('--missing <rule>', 'rows in which a number is missing').choices(['error', 'drop']));
}

/** Adds the options on how to read tables, which need not be numbers; `columns` is what this option means to the command. */
export function addTableReading(command: Command, columns: string): Command {
  return command
    .option('--columns <names>', columns, list)
    .addOption(
      new Option('--header <rule>', 'whether the first line of a table holds names').choices(['auto', 'yes', 'no']),
    )
    .option('--delimiter <text>', 'the character between the cells of a table (default: found in its first line)', mark)
    .addOption(new Option('--decimal <mark>', 'the decimal mark of a table').choices(['.', ',']))
    .option('--comment <text>', 'skip the lines of a table that begin with this text, as #', mark)
    .option('--skip-rows <count>', 'skip so many lines of a table before its header', whole(0))
    .option('--array <name>', 'which array of an .npz holds the points')
    .option(
      '--format <kinds>',
      'the kind of both files, as csv, or of each, as csv,ply (default: by the ending of the name)',
      formats,
    )
    .option('--max-unzipped <size>', 'how large zipped contents may become, as 500MB or 8GB (default: 4GB)', size)
    .option('--quiet', 'show no progress and no notes');
}

/** A piece of text that is not empty; \\t means a tab. */
function mark(text: string): string {
  if (text === '') throw new InvalidArgumentError('it must not be empty.');
  return text === '\\t' ? '\t' : text;
}

function list(text: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.includes('')) throw new InvalidArgumentError('give names with commas between them, as x,y,z');
  return names;
}

/** Reads a number, or fails as a wrong argument of the command line. */
export function number(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || Number.isNaN(value)) throw new InvalidArgumentError('it must be a number.');
  return value;
}

function formats(text: string): readonly Kind[] {
  const names = text.split(',').map((name) => name.trim());
  const isKind = (name: string): name is Kind => kinds.some((kind) => kind === name);
  if (names.length <= 2 && names.every(isKind)) return names;
  throw new InvalidArgumentError(`it must be one or two of ${kinds.join(', ')}.`);
}

function size(text: string): number {
  const units: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9 };
  const [, digits, unit] = /^(\d+(?:\.\d+)?)\s*([kmg]?)b?$/i.exec(text.trim()) ?? [];
  const bytes = Number(digits) * (units[unit?.toLowerCase()] ?? Number.NaN);
  if (!(bytes > 0)) throw new InvalidArgumentError('it must be a size, as 500MB or 8GB.');
  return bytes;
}

/** Reads a whole number of at least `least`. */
export function whole(least: number): (text: string) => number {
  return (text) => {
    const value = number(text);
    if (!Number.isSafeInteger(value) || value < least)
      throw new InvalidArgumentError(`it must be a whole number, at least ${least}.`);
    return value;
  };
}

/**
 * Reads both clouds; B's columns come in the order of A's when both have the same names.
 *
 * @throws InputError when the clouds have different dimensions, or are so far apart that distances leave the range of numbers.
 */
export async function readPair(
  files: readonly [string, string],
  options: InputOptions,
  io: CommandIo,
  progress: ProgressLine,
): Promise<[PointCloud, PointCloud]> {
  if (files[0] === '-' && files[1] === '-') throw new InputError('-: standard input can be one of the clouds only');
  const note = noteTo(io, options.quiet, progress);
  const { format, ...choice } = options;
  const read = (file: string, kind: Kind | undefined): Promise<PointCloud> => {
    const onProgress = (done: number, total: number): void =>
      progress.show(`reading ${printable(file)} (MB)`, megabytes(done), megabytes(total));
    return readPoints(file, { ...choice, format: kind, onProgress }, io.signal);
  };
  const a = await read(files[0], format?.[0]);
  const b = inOrderOf(a, await read(files[1], format?.[1] ?? format?.[0]));
  if (a.dimension !== b.dimension) {
    throw new InputError(
      `${a.file} has ${a.dimension} columns (${listNames(a.columns)}) and ${b.file} has ${b.dimension} (${listNames(b.columns)}); choose the same number with --columns`,
    );
  }
  requireDiameter([a, b], diameterOf(a, b));
  for (const text of [...a.notes, ...b.notes]) note(text);
  if (a.columns.some((name, i) => name !== b.columns[i])) {
    note(`columns are matched by their place: ${listNames(a.columns)} with ${listNames(b.columns)}`);
  }
  return [a, b];
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1e5) / 10;
}

/** The cloud with its columns in the order of the other's, where both have the same names. */
function inOrderOf(model: PointCloud, cloud: PointCloud): PointCloud {
  const places = new Map(cloud.columns.map((name, d) => [name, d]));
  const order = model.columns.map((name) => places.get(name) ?? -1);
  const sameNames = cloud.dimension === model.dimension && order.every((index) => index >= 0);
  if (!sameNames || order.every((index, d) => index === d)) return cloud;
  const points = new Float64Array(cloud.points.length);
  for (let i = 0; i < cloud.count; i++) {
    for (let d = 0; d < cloud.dimension; d++)
      points[i * cloud.dimension + d] = cloud.points[i * cloud.dimension + order[d]];
  }
  return { ...cloud, columns: model.columns, points };
}

/** Length of the diagonal of the box around all clouds, which have the same dimension. */
export function diameterOf(...clouds: readonly PointCloud[]): number {
  const [{ dimension }] = clouds;
  const low = new Float64Array(dimension).fill(Number.POSITIVE_INFINITY);
  const high = new Float64Array(dimension).fill(Number.NEGATIVE_INFINITY);
  // In the order of memory: column by column takes far longer where there are many.
  for (const { points } of clouds) {
    for (let k = 0, d = 0; k < points.length; k++) {
      if (points[k] < low[d]) low[d] = points[k];
      if (points[k] > high[d]) high[d] = points[k];
      d = d + 1 < dimension ? d + 1 : 0;
    }
  }
  return low.reduce((diameter, least, d) => Math.hypot(diameter, high[d] - least), 0);
}

/** What --json says about an input. */
export function inputJson({ file, count, columns, weights }: PointCloud) {
  return { file, count, columns, weighted: weights !== undefined };
}

/** What the table says about an input. */
export function inputText({ file, count: points, columns, weights }: PointCloud): string {
  return printable(`${file}: ${count(points, 'point')}, ${listNames(columns)}${weights ? ', weighted' : ''}`);
}

/** Makes a function that tells the user something on stderr, unless they asked for quiet. */
export function noteTo(io: CommandIo, quiet: boolean | undefined, progress: ProgressLine): (text: string) => void {
  return (text) => {
    if (quiet) return;
    progress.clear();
    io.stderr.write(`sinkhorn: note: ${printable(text)}\n`);
  };
}
