import { type Backend, type OptionalOperator, optionalOperators } from '@sinkhorn/core';

/** A test that a backend is excused from. */
export interface SkippedTest {
  /** The `id` of the test. */
  readonly test: string;
  /** Why: it stands next to the test in every report. */
  readonly reason: string;
}

/** What a backend supports. The suite holds it to that. */
export interface BackendManifest {
  /** Of arrays and arithmetic. */
  readonly precision: Backend['precision'];
  /** Whether numbers can be read without waiting. */
  readonly readSync: boolean;
  /** Whether it reads several arrays with one wait; it does not when absent. */
  readonly readAll?: boolean;
  /** Whether it puts rows of arrays in another order; it does not when absent. */
  readonly permute?: boolean;
  /** Whether it has softmaxes along an axis of a grid; it has none when absent. */
  readonly logSumExpAlongAxis?: boolean;
  /** Whether it has those where the cost is the distance; it has none when absent. */
  readonly logSumExpByDistance?: boolean;
  /** Whether it keeps numbers of pairs; it keeps none when absent. */
  readonly pairs?: boolean;
  /** Whether it tells when its device has caught up. */
  readonly drain: boolean;
  /**
   * Which of the operators that a backend may do without it computes; one that is not listed may be right or be refused with an
   * UnsupportedError.
   */
  readonly operators?: readonly OptionalOperator[];
  /**
   * Whether the suite of the solvers runs on it in full. Core's solvers are the same code on every backend: where
   * `describeBackend` passes, a comparison of results (`describeResults`) is enough.
   */
  readonly solver: boolean;
  /** What it cannot do. A test that does not exist, or has no reason, fails the run. */
  readonly skip?: readonly SkippedTest[];
}

const operators = optionalOperators;

/** What the backends of this library support. */
export const manifests = {
  cpu: {
    precision: 'float64',
    readSync: true,
    readAll: true,
    permute: true,
    pairs: true,
    drain: true,
    operators,
    solver: true,
  },
  wasm: {
    precision: 'float32',
    readSync: true,
    readAll: true,
    permute: true,
    logSumExpAlongAxis: true,
    logSumExpByDistance: true,
    pairs: true,
    drain: true,
    operators,
    solver: true,
  },
  'wasm in float64': {
    precision: 'float64',
    readSync: true,
    readAll: true,
    permute: true,
    logSumExpAlongAxis: true,
    logSumExpByDistance: true,
    pairs: true,
    drain: true,
    operators,
    solver: false,
  },
  webgpu: {
    precision: 'float32',
    readSync: false,
    readAll: true,
    permute: true,
    logSumExpAlongAxis: true,
    drain: true,
    operators,
    solver: true,
  },
  'gpujs in cpu mode': { precision: 'float32', readSync: true, drain: false, operators, solver: false },
  'gpujs in mode webgl2': { precision: 'float32', readSync: true, drain: false, operators, solver: false },
  'gpujs in mode webgl': { precision: 'float32', readSync: true, drain: false, operators, solver: false },
} as const satisfies Readonly<Record<string, BackendManifest>>;
