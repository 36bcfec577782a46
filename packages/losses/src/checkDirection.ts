import { InvalidOptionError } from '@sinkhorn/core';

/** @throws InvalidOptionError for what is no object, or whose parameters are none. */
export function checkDirection(direction: { readonly parameters?: unknown }): void {
  checkObject('direction', direction, '{ points } or { x: { points } }');
  const { parameters } = direction;
  if (parameters !== undefined) checkObject('direction.parameters', parameters, '{ scale: 1 }');
}

function checkObject(name: string, value: unknown, example: string): void {
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value)) return;
  const what = typeof value === 'object' && value !== null ? 'a list' : String(value);
  throw new InvalidOptionError(`${name} is ${what}: give an object, such as ${example}`);
}

/** @throws InvalidOptionError for what is no side, and where a direction of x alone, whose product is one of x alone, is asked for others. */
export function checkWithRespectTo(isOwn: boolean, wrt: unknown): void {
  if (wrt === undefined || (isOwn ? wrt === 'x' : wrt === 'x' || wrt === 'y' || wrt === 'both')) return;
  throw new InvalidOptionError(
    isOwn
      ? `wrt is '${wrt}', and the direction is of x alone: give { x: { points } } for products of other sides`
      : `wrt is '${wrt}': it is one of x, y, both`,
  );
}
