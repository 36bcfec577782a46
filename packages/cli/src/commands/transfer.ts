import { readFile } from 'node:fs/promises';
import { type Image, transferColours } from '@sinkhorn/toolkit/colours';
import { printable } from '@sinkhorn/toolkit/printable';
import type { Command } from 'commander';
import type { CommandIo } from '../commandIo.js';
import { exitStatus } from '../exitStatus.js';
import { InputError } from '../inputError.js';
import { decodePng, encodePng, type Pixels } from '../pngThread.js';
import { progressLine } from '../progress.js';
import { checkFile } from '../readers/fileProblem.js';
import { checkEnding } from '../writers/endings.js';
import { formatNumber } from '../writers/numbers.js';
import { checkOutputs, writeOutputs } from '../writers/outputs.js';
import { formatTable } from '../writers/table.js';
import { number } from './inputs.js';
import { addBackendOptions, type BackendOptions, checkBackendName, openBackend } from './openBackend.js';
import { showProgress } from './showProgress.js';

interface TransferOptions extends BackendOptions {
  readonly out: string;
  readonly blur?: number;
  readonly strength?: number;
  readonly quiet?: boolean;
}

/** Adds `sinkhorn transfer`. */
export function addTransfer(
  program: Command,
  io: CommandIo,
  run: (command: () => Promise<number>) => Promise<void>,
): void {
  const command = program
    .command('transfer')
    .description('Gives a picture the colours of another, at full resolution.')
    .argument('<picture>', 'the picture to change, a PNG')
    .argument('<reference>', 'the picture to take colours from, a PNG')
    .requiredOption('-o, --out <file>', 'the picture to write, a PNG')
    .option(
      '--blur <length>',
      'colours closer than this are mapped alike, where the range of a colour is 1 (default: 0.05)',
      number,
    )
    .option('--strength <share>', 'how much of the way colours go (default: 1, all of it)', number)
    .option('--quiet', 'show no progress');
  addBackendOptions(command).action((picture: string, reference: string, options: TransferOptions) =>
    run(() => transfer([picture, reference], options, io)),
  );
}

async function transfer(files: readonly [string, string], options: TransferOptions, io: CommandIo): Promise<number> {
  checkBackendName(options.backend);
  checkEnding('--out', options.out, 'png');
  await checkOutputs([options.out], files);
  const progress = progressLine(io.stderr, options.quiet);
  try {
    progress.show('reading');
    const [picture, reference] = [await readPng(files[0], io.signal), await readPng(files[1], io.signal)];
    const backend = await openBackend(options);
    try {
      const found = await transferColours(picture, reference, {
        backend,
        ...(options.blur !== undefined && { blur: options.blur }),
        ...(options.strength !== undefined && { strength: options.strength }),
        signal: io.signal,
        onProgress: showProgress(progress, 'transfer'),
      });
      progress.show('writing');
      const { width, height, data } = found;
      const contents = await encodePng({ width, height, data: new Uint8Array(data.buffer) }, io.signal);
      await writeOutputs([{ path: options.out, contents }]);
      progress.clear();
      io.stdout.write(
        `${formatTable([
          ['picture', printable(`${files[0]}: ${width} x ${height}`)],
          ['colours of', printable(files[1])],
          ['blur', formatNumber(found.blur)],
          ['wrote', printable(options.out)],
        ])}\n`,
      );
      if (found.diagnostics.accurate) return exitStatus.done;
      io.stderr.write('sinkhorn: not accurate: colours may be a little off; try a larger --blur\n');
      return exitStatus.notConverged;
    } finally {
      backend.dispose();
    }
  } finally {
    progress.clear();
  }
}

async function readPng(file: string, signal: AbortSignal): Promise<Image> {
  await checkFile(file);
  try {
    const { data, width, height }: Pixels = await decodePng(await readFile(file), false, signal);
    return { data: new Uint8ClampedArray(data.buffer), width, height };
  } catch (error) {
    signal.throwIfAborted();
    throw new InputError(`${file}: it is damaged or no PNG (${(error as Error).message}); save the picture as a PNG`);
  }
}
