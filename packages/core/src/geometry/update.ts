import type { DeviceArray } from '../backend/backend.js';
import type { Expression } from '../formula/expression.js';

/** What is made of a softmin in the pass that computes it. */
export interface Update {
  /** The new potential, from the softmin, the temperature, row variables and parameters. */
  readonly formula: (softmin: Expression, epsilon: Expression) => Expression;
  readonly rows?: Readonly<Record<string, DeviceArray>>;
  readonly parameters?: Readonly<Record<string, number>>;
}
