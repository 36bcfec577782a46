import { readFileSync } from 'node:fs';
import { cpu } from '@sinkhorn/backend-cpu';
import { wasm } from '@sinkhorn/backend-wasm';
import { type Backend, InvalidOptionError } from '@sinkhorn/core';

/** All that decides the bits of a result beside its input: it is part of the key of every tile. */
export interface Numerics {
  readonly backend: 'wasm' | 'cpu';
  readonly precision: 'float32' | 'float64';
  readonly relaxedSimd: boolean;
  /** Of the packages of this library. */
  readonly version: string;
  /** What runs JavaScript, whose exponentials and logarithms are the host's: V8's version and the processor's kind. */
  readonly engine: string;
}

/** How a fleet computes. */
export interface NumericsOptions {
  /** Default 'wasm'; 'cpu' is the slow reference in float64. */
  readonly backend?: 'wasm' | 'cpu';
  /** Default 'float32' on wasm. */
  readonly precision?: 'float32' | 'float64';
  /**
   * Multiply-adds in one rounding, where processors have them: a little faster, and other bits on other processors. Default false.
   */
  readonly relaxedSimd?: boolean;
  /** The `engine` of the workers, where it is not the one of this process, such as '12.4 x64'. */
  readonly engine?: string;
}

const ownVersion = (): string =>
  (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }).version;

/** V8's version up to its minor number, and the processor's kind. */
const ownEngine = (): string => `${process.versions.v8.split('.').slice(0, 2).join('.')} ${process.arch}`;

/**
 * The numerics of this process, with what was chosen.
 *
 * @throws InvalidOptionError for what is out of range.
 *
 * @example
 * ```ts
 * import { numericsOf } from '@sinkhorn/fleet';
 *
 * const { backend, precision } = numericsOf({ precision: 'float64' });
 * if (`${backend} ${precision}` !== 'wasm float64') throw new Error('wasm in float64');
 * ```
 */
export function numericsOf(options: NumericsOptions = {}): Numerics {
  const { backend = 'wasm', relaxedSimd = false, engine = ownEngine() } = options;
  if (backend !== 'wasm' && backend !== 'cpu') {
    throw new InvalidOptionError(`backend is ${String(backend)}: workers know 'wasm' and 'cpu'`);
  }
  const { precision = backend === 'cpu' ? 'float64' : 'float32' } = options;
  if (precision !== 'float32' && precision !== 'float64') {
    throw new InvalidOptionError(`precision is ${String(precision)}: it is 'float32' or 'float64'`);
  }
  if (backend === 'cpu' && precision !== 'float64') {
    throw new InvalidOptionError("precision is 'float32': the backend 'cpu' computes in 'float64'");
  }
  if (typeof relaxedSimd !== 'boolean') {
    throw new InvalidOptionError(`relaxedSimd is ${String(relaxedSimd)}: it is true or false`);
  }
  if (backend === 'cpu' && relaxedSimd) {
    throw new InvalidOptionError("relaxedSimd is true: that is for the backend 'wasm'");
  }
  if (typeof engine !== 'string' || !/^\d+\.\d+ \w+$/.test(engine)) {
    throw new InvalidOptionError(`engine is ${String(engine)}: give what a worker shows, such as '${ownEngine()}'`);
  }
  return { backend, precision, relaxedSimd, version: ownVersion(), engine };
}

/**
 * The numerics of a process that computes itself, which cannot have another one's engine: its results would be kept under a wrong key.
 *
 * @throws InvalidOptionError for what is out of range.
 */
export function computingNumericsOf(options: NumericsOptions): Numerics {
  const { engine } = options;
  if (engine !== undefined && engine !== ownEngine()) {
    throw new InvalidOptionError(`engine is ${engine}: this process computes by '${ownEngine()}'; leave it out`);
  }
  return numericsOf(options);
}

/** Numerics in words, for people. */
export const numericsText = ({ backend, precision, relaxedSimd, version, engine }: Numerics): string =>
  `version ${version}, ${backend} in ${precision}${relaxedSimd ? ' with relaxed SIMD' : ''}, V8 ${engine}`;

/** A backend of one thread with these numerics. */
export const openBackend = async ({ backend, precision, relaxedSimd }: Numerics): Promise<Backend> =>
  backend === 'cpu' ? cpu() : wasm({ threads: 1, precision, relaxedSimd });
