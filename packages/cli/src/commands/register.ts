import path from 'node:path';
import { printable, printableJson } from '@sinkhorn/toolkit/printable';
import {
  type AffineRegistration,
  type Registration,
  type RigidRegistration,
  registerAffine,
  registerFreeForm,
  registerRigid,
} from '@sinkhorn/toolkit/registration';
import type { Command } from 'commander';
import type { Backend, CallOptions } from 'sinkhorn';
import type { CommandIo } from '../commandIo.js';
import { exitStatus } from '../exitStatus.js';
import { InputError } from '../inputError.js';
import { progressLine } from '../progress.js';
import type { PointCloud } from '../readers/pointCloud.js';
import { checkEnding } from '../writers/endings.js';
import { formatNumber } from '../writers/numbers.js';
import { checkOutputs, type Output, writeOutputs } from '../writers/outputs.js';
import { formatTable } from '../writers/table.js';
import { tableContents } from '../writers/tableContents.js';
import { addInputs, type InputOptions, inputJson, inputText, number, readPair, whole } from './inputs.js';
import { addBackendOptions, type BackendOptions, checkBackendName, openBackend } from './openBackend.js';
import { addPictureOptions, type PictureOptions, titleOf } from './pictureOptions.js';
import { showProgress } from './showProgress.js';

interface RegisterOptions extends InputOptions, BackendOptions, PictureOptions {
  readonly rigid?: boolean;
  readonly affine?: boolean;
  readonly freeForm?: boolean;
  readonly scale?: boolean;
  readonly reach?: number;
  readonly steps?: number;
  readonly out?: string;
  readonly plot?: string;
  readonly json?: boolean;
}

/** Adds `sinkhorn register`. */
export function addRegister(
  program: Command,
  io: CommandIo,
  run: (command: () => Promise<number>) => Promise<void>,
): void {
  const command = program
    .command('register')
    .description('Finds the map that brings A onto B: a rotation and shift, an affine map, or a bend.');
  addPictureOptions(addBackendOptions(addInputs(command)))
    .option('--rigid', 'a rotation and a shift (the default)')
    .option('--affine', 'any linear map and a shift')
    .option('--free-form', 'a smooth bend, after a rotation and a shift')
    .option('--scale', 'with --rigid: let A grow or shrink as a whole')
    .option(
      '--reach <length>',
      'leave out what is farther from the other cloud than this: for outliers and partial overlap',
      number,
    )
    .option('--steps <count>', 'how many steps (default: 12)', whole(1))
    .option('--out <file>', 'write the moved points of A, as CSV or .npy')
    .option('--plot <file>', 'draw A before, A after and B, as SVG')
    .option('--json', 'print one JSON document instead of a table')
    .action((a: string, b: string, options: RegisterOptions) => run(() => register([a, b], options, io)));
}

type Kind = 'rigid' | 'affine' | 'free-form';
type Found = Registration &
  Partial<Pick<RigidRegistration, 'rotation' | 'scale' | 'degrees'>> &
  Partial<Pick<AffineRegistration, 'matrix' | 'translation'>>;

async function register(files: readonly [string, string], options: RegisterOptions, io: CommandIo): Promise<number> {
  checkBackendName(options.backend);
  const kind = kindOf(options);
  checkEnding('--out', options.out, 'table');
  checkEnding('--plot', options.plot, 'picture');
  await checkOutputs(
    [options.out, options.plot].filter((file) => file !== undefined),
    files,
  );
  const progress = progressLine(io.stderr, options.quiet);
  try {
    progress.show('reading');
    const [a, b] = await readPair(files, options, io, progress);
    const backend = await openBackend(options);
    try {
      const run = { signal: io.signal, onProgress: showProgress(progress, 'register') };
      const found: Found = await registered(kind, a, b, backend, options, run);
      const outputs = await outputsOf(found, kind, a, b, options, io.signal);
      await writeOutputs(outputs);
      progress.clear();
      io.stdout.write(
        options.json
          ? `${printableJson({ ...dataOf(found), kind, inputs: { a: inputJson(a), b: inputJson(b) } })}\n`
          : `${formatTable([...rowsOf(found, kind, a, b), ...outputs.map((output) => ['wrote', printable(output.path)])])}\n`,
      );
      for (const doubt of found.doubts) io.stderr.write(`sinkhorn: in doubt: ${printable(doubt)}\n`);
      return found.doubts.length > 0 ? exitStatus.notConverged : exitStatus.done;
    } finally {
      backend.dispose();
    }
  } finally {
    progress.clear();
  }
}

function kindOf({ rigid, affine, freeForm, scale }: RegisterOptions): Kind {
  if ([rigid, affine, freeForm].filter(Boolean).length > 1)
    throw new InputError('--rigid, --affine, --free-form: choose one of them');
  const kind = affine ? 'affine' : freeForm ? 'free-form' : 'rigid';
  if (scale && kind !== 'rigid')
    throw new InputError(`--scale: it goes with --rigid, and ${kind} maps scale as they are; leave it out`);
  return kind;
}

function registered(
  kind: Kind,
  a: PointCloud,
  b: PointCloud,
  backend: Backend,
  { scale, reach, steps }: RegisterOptions,
  run: CallOptions,
): Promise<Found> {
  const common = { backend, ...(reach !== undefined && { reach }), ...(steps !== undefined && { steps }), ...run };
  if (kind === 'affine') return registerAffine(a, b, common);
  if (kind === 'free-form') return registerFreeForm(a, b, common);
  return registerRigid(a, b, { ...common, scale: scale ?? false });
}

async function outputsOf(
  found: Found,
  kind: Kind,
  a: PointCloud,
  b: PointCloud,
  options: RegisterOptions,
  signal: AbortSignal,
): Promise<Output[]> {
  const { out, plot, theme = 'dark' } = options;
  const outputs: Output[] = [];
  const { dimension } = a;
  if (out !== undefined) {
    const header = a.weights ? [...a.columns, 'weight'] : a.columns;
    const at = (i: number, d: number): number =>
      d < dimension ? found.points[i * dimension + d] : (a.weights?.[i] ?? 1);
    outputs.push({ path: out, contents: await tableContents(out, { header, rows: a.count, at }, signal) });
  }
  if (plot !== undefined) {
    const { transportPlot } = await import('../plots/transportPlot.js');
    const { inTheme } = await import('../plots/theme.js');
    const contents = transportPlot({
      title: titleOf(options, a.file, 'onto', b.file),
      subtitle: `${kind} registration: ${formatNumber(found.residual)} from partners in the end, ${formatNumber(100 * found.matched, 3)} % matched`,
      columns: a.columns,
      a: { ...a, name: path.basename(a.file) },
      b: { ...b, name: path.basename(b.file) },
      targets: found.points,
      theme,
      meaning: 'from each point of A to where it is moved',
    });
    outputs.push({ path: plot, contents: inTheme(contents, theme) });
  }
  return outputs;
}

function dataOf({
  rotation,
  scale,
  degrees,
  matrix,
  translation,
  residual,
  residualByChance,
  doubts,
  matched,
  blur,
}: Found) {
  const lists = { rotation, matrix, translation };
  const plain = Object.fromEntries(
    Object.entries(lists).flatMap(([name, values]) => (values ? [[name, Array.from(values)]] : [])),
  );
  return {
    ...plain,
    ...(scale !== undefined && { scale }),
    ...(degrees !== undefined && { degrees }),
    residual,
    residualByChance,
    doubts,
    matched,
    blur,
  };
}

function rowsOf(found: Found, kind: Kind, a: PointCloud, b: PointCloud): string[][] {
  const { rotation, scale, degrees, matrix, translation, residual, residualByChance, matched, blur } = found;
  const list = (values: ArrayLike<number>) =>
    Array.from(values, (value) => formatNumber(Math.abs(value) < 1e-12 ? 0 : value)).join(' ');
  const square = rotation ?? matrix;
  const rows = [
    ['registration', kind],
    ['A', inputText(a)],
    ['B', inputText(b)],
  ];
  if (degrees !== undefined) rows.push(['angle', `${formatNumber(degrees)} degrees`]);
  for (let r = 0; square && r < a.dimension; r++) {
    rows.push([
      r === 0 ? (rotation ? 'rotation' : 'matrix') : '',
      list(square.slice(r * a.dimension, (r + 1) * a.dimension)),
    ]);
  }
  if (scale !== undefined && Math.abs(scale - 1) > 1e-9) rows.push(['scale', formatNumber(scale)]);
  if (translation) rows.push(['translation', list(translation)]);
  rows.push(
    [
      'residual',
      `${formatNumber(residual)} from partners, root mean square; two halves of B: ${formatNumber(residualByChance)}`,
    ],
    ['matched', `${formatNumber(100 * matched, 3)} % of A`],
    ['blur', `${formatNumber(blur.from)} to ${formatNumber(blur.to)} (by the spread of B)`],
  );
  return rows;
}
