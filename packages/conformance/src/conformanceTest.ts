import type { Backend, OptionalOperator } from '@sinkhorn/core';
import type { Recall } from './support/oracle.js';
import type { Tolerances } from './tolerances.js';

/** What a test is given: the backend it is about. */
export interface Subject {
  /** One backend that all tests share; only a test that opened one of its own may dispose of it. */
  readonly backend: Backend;
  /** Makes another one; disposed of after the test, where the test did not. */
  readonly open: () => Promise<Backend>;
  /** What the truth is, where it takes long to compute: known from another run of the suite, or computed. */
  readonly recall: Recall;
  /** The optional operators that the backend's manifest lists. */
  readonly operators: readonly OptionalOperator[];
  /** How far from the truth results may be. */
  readonly tolerances: Tolerances;
}

/** One test of the suite. */
export interface ConformanceTest {
  /** Stable from version to version, such as 'reduce/logSumExp/sizes': what `skip` names. */
  readonly id: string;
  /** What holds, as a sentence. */
  readonly title: string;
  /** Rejects, saying what is wrong, where it does not hold. */
  readonly run: (subject: Subject) => Promise<void>;
}
