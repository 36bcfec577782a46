import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

let made: Promise<string> | undefined;

/** The program `sinkhorn-fleet`, from the sources: Node itself starts it, and reads no TypeScript. */
export function fleetProgram(): Promise<string> {
  made ??= (async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fleet-program-'));
    const source = (name: string) => fileURLToPath(new URL(`../../packages/fleet/${name}`, import.meta.url));
    // Where it looks for its own version.
    copyFileSync(source('package.json'), join(folder, 'package.json'));
    await build({
      entryPoints: [source('src/cli.ts'), source('src/thread.ts')],
      outdir: join(folder, 'dist'),
      bundle: true,
      platform: 'node',
      format: 'esm',
      conditions: ['source'],
      // Of packages that are no modules.
      banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
      logLevel: 'error',
    });
    return join(folder, 'dist/cli.js');
  })();
  return made;
}

/** A worker in a process of its own. */
export interface WorkerProcess {
  /** kill -9. */
  kill(): Promise<void>;
  /** SIGTERM; gives what it wrote and its status. */
  stop(): Promise<{ readonly status: number | null; readonly said: string }>;
  readonly process: ChildProcess;
}

/** Starts the program; `gone` gives its status. */
export async function fleetProcess(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [await fleetProgram(), ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const gone = new Promise<number | null>((resolve) => child.once('exit', resolve));
  return { child, gone };
}

/** Starts a worker; resolves when it serves. */
export async function startWorker(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<WorkerProcess> {
  const { child, gone } = await fleetProcess(['worker', ...args], env);
  let said = '';
  await new Promise<void>((resolve, reject) => {
    const hear = (bytes: Buffer) => {
      said += String(bytes);
      if (said.includes('serving')) resolve();
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    gone.then((status) => reject(new Error(`a worker left with status ${status}: ${said}`)));
  });
  return {
    process: child,
    async kill() {
      child.kill('SIGKILL');
      await gone;
    },
    async stop() {
      child.kill('SIGTERM');
      return { status: await gone, said };
    },
  };
}
