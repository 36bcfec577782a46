import { InvalidOptionError } from '@sinkhorn/losses';

/** @throws InvalidOptionError for what is no object, and for names that mean nothing. */
export function checkNames(op: string, options: object, names: readonly string[]): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new InvalidOptionError(`options of ${op} are ${String(options)}: give an object with ${names.join(', ')}`);
  }
  const unknown = Object.keys(options).find((name) => !names.includes(name));
  if (unknown === undefined) return;
  throw new InvalidOptionError(`${unknown} is no option of ${op}: it has ${names.join(', ')}`);
}

const WITH_RESPECT_TO: readonly unknown[] = ['x', 'y', 'both'];

/** @throws InvalidOptionError where `wrt` is none of x, y, both. */
export function checkWithRespectTo(wrt: unknown): void {
  if (!WITH_RESPECT_TO.includes(wrt)) throw new InvalidOptionError(`wrt is '${String(wrt)}': it is one of x, y, both`);
}

/** @throws InvalidOptionError for what cannot be called. */
export function checkOnDiagnostics(onDiagnostics: unknown): void {
  if (onDiagnostics === undefined || typeof onDiagnostics === 'function') return;
  const what = onDiagnostics === null ? 'null' : `a ${typeof onDiagnostics}`;
  throw new InvalidOptionError(`onDiagnostics is ${what}: give a function`);
}

/** @throws InvalidOptionError for what is no object of tensors by side. */
export function checkWeights(weights: unknown): void {
  const names = typeof weights === 'object' && weights !== null ? Object.keys(weights) : undefined;
  if (names?.every((name) => name === 'x' || name === 'y')) return;
  throw new InvalidOptionError('weights are by cloud: give { x: tensor, y: tensor }, or one of the two');
}
