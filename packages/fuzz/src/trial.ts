import type { Backend } from '@sinkhorn/core';
import type { SinkhornDivergenceOptions } from '@sinkhorn/losses';
import type { Known } from './oracle/known.js';
import type { Result } from './result.js';

/** What the library is asked with. */
export interface Library {
  readonly backend: Backend;
  readonly method?: SinkhornDivergenceOptions['method'];
}

/** What sizes near 0 are judged by, in the units of costs, masses and coordinates. */
export interface Scales {
  readonly cost: number;
  readonly mass: number;
  readonly length: number;
  /** Whether the gradient in the weights is known up to a constant alone. */
  readonly isBalanced: boolean;
  /** How many elements there are; 1 when absent. */
  readonly batch?: number;
}

/** What is right, and how far that may be from the truth. Parts that are absent are not judged. */
export interface Truth {
  /** One for each element of a batch. */
  readonly values: readonly { readonly value: number; readonly error: number }[];
  readonly points?: Known;
  readonly weights?: Known;
  /** The plan; its error is a sum, as is what results are off by. */
  readonly plan?: Known;
}

/** A random problem that the library solves, and the oracle. */
export interface Trial {
  /** FAMILY-SEED-INDEX, from which it is made again; of plain clouds SEED-INDEX. */
  readonly id: string;
  readonly family: string;
  /** What it is, in words and numbers. */
  readonly features: Readonly<Record<string, string>>;
  /** Blur over diameter, where there are both. */
  readonly relativeBlur?: number;
  readonly scales: Scales;
  /** @param rounding - To what share of themselves weights are known. */
  truth(rounding: number): Truth;
  solve(library: Library): Promise<Result>;
}
