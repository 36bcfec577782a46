import { randomUUID } from 'node:crypto';
import { mkdir, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { InputError } from '../inputError.js';

/** A file to be written, whole. */
export interface Output {
  readonly path: string;
  readonly contents: string | Uint8Array;
}

/**
 * Checks, before any long computation, that every path can be written: the folder is there and takes a new file, and
 * the path is neither a folder, nor a device, nor an input, nor named twice.
 *
 * @throws InputError naming the path.
 */
export async function checkOutputs(paths: readonly string[], inputs: readonly string[] = []): Promise<void> {
  const seen = new Map<string, string>();
  for (const input of inputs) seen.set(await trueName(input), `it is the input ${input}`);
  for (const file of paths) {
    const found = await stat(file).catch(() => undefined);
    if (found?.isDirectory()) throw new InputError(`${file}: cannot be written: it is a folder`);
    if (found && !found.isFile()) throw new InputError(`${file}: cannot be written: it is not an ordinary file`);
    const name = await trueName(file);
    const clash = seen.get(name);
    if (clash) throw new InputError(`${file}: cannot be written: ${clash}`);
    seen.set(name, 'two outputs have this name');
    await checkFolder(path.dirname(file), file);
  }
}

/**
 * Writes all the files, or none: each goes to a temporary name beside its own first, and they are renamed at the end.
 *
 * @throws InputError naming the file that could not be written; nothing new is left behind.
 */
export async function writeOutputs(outputs: readonly Output[]): Promise<void> {
  const staged = outputs.map((output) => ({ ...output, temporary: `${output.path}.${randomUUID()}.tmp` }));
  try {
    for (const { path: file, temporary, contents } of staged)
      await attempt(file, () => writeFile(temporary, contents, { flag: 'wx' }));
    for (const { path: file, temporary } of staged) await attempt(file, () => rename(temporary, file));
  } finally {
    // Those already renamed are no longer under their temporary names.
    for (const { temporary } of staged) await rm(temporary, { force: true });
  }
}

/** Checks that files of these names can be written into `folder`, which is there or can be made. */
export async function checkOutputFolder(
  folder: string,
  names: readonly string[],
  inputs: readonly string[] = [],
): Promise<void> {
  const found = await stat(folder).catch(() => undefined);
  if (!found) return checkFolder(path.dirname(path.resolve(folder)), folder);
  if (!found.isDirectory()) throw new InputError(`${folder}: cannot be written into: it is a file`);
  await checkOutputs(
    names.map((name) => path.join(folder, name)),
    inputs,
  );
}

/** Writes files into a folder, all or none; a folder that is not there yet appears with everything in it. */
export async function writeOutputFolder(folder: string, files: readonly Output[]): Promise<void> {
  const found = await stat(folder).catch(() => undefined);
  if (found) return writeOutputs(files.map((file) => ({ ...file, path: path.join(folder, file.path) })));
  const temporary = `${path.resolve(folder)}.${randomUUID()}.tmp`;
  try {
    await attempt(folder, () => mkdir(temporary));
    for (const file of files) await attempt(folder, () => writeFile(path.join(temporary, file.path), file.contents));
    await attempt(folder, () => rename(temporary, folder));
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Puts a file into the folder and takes it away again: the only question that access rights and full disks both answer. */
async function checkFolder(folder: string, file: string): Promise<void> {
  const probe = path.join(folder, `.${randomUUID()}.tmp`);
  await attempt(file, async () => {
    await writeFile(probe, 'probe', { flag: 'wx' });
    await rm(probe);
  });
}

async function attempt(file: string, action: () => Promise<unknown>): Promise<void> {
  try {
    await action();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reasons: Record<string, string> = {
      ENOENT: 'its folder does not exist',
      ENOTDIR: 'its folder is a file',
      EACCES: 'no permission',
      EPERM: 'no permission',
      EROFS: 'the disk is read-only',
      ENOSPC: 'the disk is full',
    };
    throw new InputError(`${file}: cannot be written: ${reasons[code ?? ''] ?? message}`);
  }
}

/** The path with links followed, as far as it exists: two spellings of one file are one name. */
async function trueName(file: string): Promise<string> {
  const whole = path.resolve(file);
  try {
    return await realpath(whole);
  } catch {
    const folder = await realpath(path.dirname(whole)).catch(() => path.dirname(whole));
    return path.join(folder, path.basename(whole));
  }
}
