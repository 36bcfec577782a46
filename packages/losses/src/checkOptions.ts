import { type Backend, InvalidOptionError } from '@sinkhorn/core';

/**
 * Throws when an option is not known to a loss, so that a misspelt one is never skipped.
 *
 * @throws InvalidOptionError naming the option and those that there are.
 *
 * @example
 * ```ts
 * import { checkNames } from '@sinkhorn/losses/extend';
 *
 * checkNames('meanDistance', { backend: {} }, ['backend']);
 * ```
 */
export function checkNames(loss: string, options: object, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null) {
    throw new InvalidOptionError(
      known.includes('backend')
        ? `${loss} needs options: give { backend } at least`
        : `the options of ${loss} are ${String(options)}: give an object, or leave them out`,
    );
  }
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) {
      throw new InvalidOptionError(`${loss} has no option '${name}': its options are ${known.join(', ')}`);
    }
  }
}

/**
 * Throws unless something is a backend.
 *
 * @throws InvalidOptionError saying where backends come from.
 *
 * @example
 * ```ts
 * import { cpu } from '@sinkhorn/backend-cpu';
 * import { checkBackend } from '@sinkhorn/losses/extend';
 *
 * checkBackend('meanDistance', cpu());
 * ```
 */
export function checkBackend(loss: string, backend: Backend): void {
  if (typeof backend?.reduce !== 'function' || typeof backend.read !== 'function') {
    const hint =
      typeof backend === 'function'
        ? 'call the factory: backend: cpu()'
        : 'give what selectBackend() or a factory such as cpu() returned';
    throw new InvalidOptionError(`${loss} needs a backend: ${hint}`);
  }
}

/**
 * Throws unless a number is above 0 and finite.
 *
 * @throws InvalidOptionError naming the option and what it is.
 *
 * @example
 * ```ts
 * import { checkPositive } from '@sinkhorn/losses/extend';
 *
 * checkPositive('blur', 0.05);
 * ```
 */
export function checkPositive(name: string, value: number): void {
  if (typeof value !== 'number' || !(value > 0 && value < Number.POSITIVE_INFINITY)) {
    throw new InvalidOptionError(`${name} is ${value}: give a finite number above 0`);
  }
}

/** Throws unless an option is a length whose p-th power, squared, is within the range of float64. @throws InvalidOptionError with the remedy. */
export function checkLength(name: string, length: number, p: number): void {
  checkPositive(name, length);
  if (Math.abs(p * Math.log(length)) > LARGEST_LOGARITHM) {
    throw new InvalidOptionError(`${name} is ${length}, ${name}^p out of range: rescale the coordinates to about 1`);
  }
}

/** Of 1e150, whose square is near the end of the range. */
const LARGEST_LOGARITHM = 346;

/** Throws unless an option is one of some. @throws InvalidOptionError naming the option and those that there are. */
export function checkChoice(name: string, value: string, choices: readonly string[]): void {
  if (!choices.includes(value)) {
    throw new InvalidOptionError(`${name} is '${value}': give one of ${choices.join(', ')}`);
  }
}

/**
 * Throws unless an option is true or false.
 *
 * @example
 * ```ts
 * import { checkBoolean } from '@sinkhorn/losses/extend';
 *
 * checkBoolean('debias', true);
 * ```
 */
export function checkBoolean(name: string, value: boolean): void {
  if (typeof value !== 'boolean') throw new InvalidOptionError(`${name} is ${value}: give true or false`);
}

/**
 * Throws unless a cost or a kernel is a function.
 *
 * @throws InvalidOptionError naming the option and what it is.
 *
 * @example
 * ```ts
 * import { formula } from '@sinkhorn/core';
 * import { checkFunction } from '@sinkhorn/losses/extend';
 *
 * checkFunction('cost', formula.distance);
 * ```
 */
export function checkFunction(name: string, value: unknown): void {
  if (typeof value !== 'function') {
    throw new InvalidOptionError(
      `${name} is of type ${typeof value}: give a function of two expressions that returns one`,
    );
  }
}
