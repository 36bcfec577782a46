import { type Backend, BackendUnavailableError, InvalidOptionError } from '@sinkhorn/core';
import { startWorker } from '#startWorker';
import { lanes } from './arithmetic/lanes.js';
import { LARGEST_MEMORY_PAGES } from './encoding/encodeModule.js';
import { engine } from './engine.js';
import { canShareMemory, compileNothing, hasRelaxedSimd, hasSimd } from './features.js';
import { nodeBuiltin } from './nodeBuiltin.js';
import { MOST_WORKERS } from './threads/job.js';
import { startWorkerPool, type WorkerPool } from './threads/workerPool.js';
import { wasmBackend } from './wasmBackend.js';
import type { WasmMemory } from './wasmMemory.js';

/** How to run. */
export interface WasmOptions {
  /** Of arrays and arithmetic; float32 when absent. */
  readonly precision?: 'float32' | 'float64';
  /** How many threads to use, where memory can be shared with workers; one for each core when absent. */
  readonly threads?: number;
  /**
   * Whether to use multiply-adds in one rounding where the engine has them; true when absent. Without them results are a
   * little slower, and the same to the last bit on every engine.
   */
  readonly relaxedSimd?: boolean;
}

/** A backend on WebAssembly, and how it runs here. */
export interface WasmBackend extends Backend {
  readonly threads: number;
  /** Whether it uses multiply-adds in one rounding. */
  readonly relaxedSimd: boolean;
  readonly description: string;
  /** What it holds now. */
  memory(): WasmMemory;
}

/** Memory to begin with: 1 MiB. */
const FIRST_PAGES = 16;
/** Shared memory needs a limit, for which some browsers set addresses aside: less is tried where they refuse. */
const SHARED_LIMITS = [LARGEST_MEMORY_PAGES, LARGEST_MEMORY_PAGES / 2, LARGEST_MEMORY_PAGES / 4];

/**
 * The backend for CPUs: WebAssembly SIMD kernels, generated for each formula at run time, on all cores.
 *
 * Threads are worker threads in Node, and Web Workers in pages that are cross-origin isolated; elsewhere there is one
 * thread, this one. `description` says which, and why. Results are the same to the last bit for any number of threads.
 *
 * @throws BackendUnavailableError where there is no WebAssembly or no SIMD, InvalidOptionError for bad options.
 *
 * @example
 * ```ts
 * import { wasm } from '@sinkhorn/backend-wasm';
 *
 * const backend = await wasm();
 * const array = backend.array([1, 2, 3], [3, 1]);
 * if ((await backend.read(array))[2] !== 3) throw new Error('unexpected');
 * backend.dispose();
 * ```
 */
export async function wasm(options: WasmOptions = {}): Promise<WasmBackend> {
  const { precision = 'float32', threads: asked, relaxedSimd: allowed = true } = checked(options);
  if (typeof WebAssembly === 'undefined') {
    throw new BackendUnavailableError('wasm: there is no WebAssembly here; allow it, or use another backend');
  }
  try {
    compileNothing();
  } catch (error) {
    throw new BackendUnavailableError(`wasm: WebAssembly is refused here (${messageOf(error)})`);
  }
  if (!hasSimd()) throw new BackendUnavailableError('wasm: this engine has no 128-bit SIMD; use a newer one');
  const relaxedSimd = allowed && hasRelaxedSimd();
  // Node 20 has no navigator.
  const cores = globalThis.navigator?.hardwareConcurrency ?? nodeBuiltin('node:os')?.availableParallelism() ?? 1;
  // Before workers start, which nobody would end if these did not come.
  const [{ softmaxAlongAxis }, { keptPairs }] = await Promise.all([import('./alongAxis.js'), import('./keptPairs.js')]);
  const parts = { softmaxAlongAxis, keptPairs };
  const { workers, memory, reason } = await start(Math.min(asked ?? cores, MOST_WORKERS), asked !== undefined);
  const threads = workers?.threads ?? 1;
  const description = `${precision}, ${threads} ${threads === 1 ? 'thread' : 'threads'}${
    reason ? ` (${reason})` : ''
  }, ${relaxedSimd ? 'relaxed SIMD' : 'SIMD'}`;
  const wider = precision === 'float32' ? lanes('float64', relaxedSimd) : undefined;
  const backend = wasmBackend(engine(memory, workers), parts, lanes(precision, relaxedSimd), wider);
  return Object.assign(backend, { threads, relaxedSimd, description });
}

function checked(options: WasmOptions): WasmOptions {
  const { precision, threads, relaxedSimd, ...unknown } = options;
  const [name] = Object.keys(unknown);
  if (name !== undefined)
    throw new InvalidOptionError(`wasm has no option '${name}': it has precision, threads and relaxedSimd`);
  if (precision !== undefined && precision !== 'float32' && precision !== 'float64') {
    throw new InvalidOptionError(`precision is ${String(precision)}: it is 'float32' or 'float64'`);
  }
  if (relaxedSimd !== undefined && typeof relaxedSimd !== 'boolean') {
    throw new InvalidOptionError(`relaxedSimd is ${String(relaxedSimd)}: it is true or false`);
  }
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1)) {
    throw new InvalidOptionError(`threads is ${String(threads)}: give a whole number, 1 or more`);
  }
  return options;
}

interface Started {
  readonly memory: WebAssembly.Memory;
  readonly workers?: WorkerPool;
  /** Why there is one thread, where more were possible or asked for. */
  readonly reason?: string;
}

async function start(threads: number, asked: boolean): Promise<Started> {
  const alone = (reason: string): Started => ({ memory: new WebAssembly.Memory({ initial: FIRST_PAGES }), reason });
  if (threads === 1) return alone(asked ? 'as asked for' : 'one core');
  if (!canShareMemory()) return alone('memory cannot be shared with workers: the page is not cross-origin isolated');
  try {
    const memory = sharedMemory();
    return { memory, workers: await startWorkerPool(threads, memory, startWorker) };
  } catch (error) {
    return alone(`workers do not start: ${messageOf(error)}`);
  }
}

function sharedMemory(): WebAssembly.Memory {
  let refusal: unknown;
  for (const maximum of SHARED_LIMITS) {
    try {
      return new WebAssembly.Memory({ initial: FIRST_PAGES, maximum, shared: true });
    } catch (error) {
      refusal = error;
    }
  }
  throw refusal;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
