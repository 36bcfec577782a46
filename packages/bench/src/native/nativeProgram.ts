import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What compiles a program of the folder `native`, by the end of its name. */
const COMPILERS: Readonly<Record<string, string>> = { c: 'gcc', cpp: 'g++' };

/**
 * Compiles a program of the folder `native` with the given flags, and hands `work` its path and a folder for files, both of which are gone
 * afterwards; gives what `work` does, or the reason why there is no such program.
 */
export function nativeProgram<Result>(
  name: string,
  flags: readonly string[],
  work: (program: string, folder: string) => Result,
): Result | string {
  const folder = mkdtempSync(join(tmpdir(), 'sinkhorn-bench-'));
  const source = fileURLToPath(new URL(`../../native/${name}`, import.meta.url));
  const compiler = COMPILERS[name.slice(name.lastIndexOf('.') + 1)];
  const program = join(folder, 'program');
  try {
    const failure = compile(compiler, [...flags, source, '-o', program, '-lm']);
    return failure ?? work(program, folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function compile(compiler: string, args: readonly string[]): string | undefined {
  try {
    execFileSync(compiler, args, { stdio: 'ignore' });
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT'
      ? `no ${compiler} here`
      : `${compiler} does not compile it here`;
  }
}
