/** The stable codes of the errors this library throws on purpose. */
export type SinkhornErrorCode =
  | 'INVALID_MEASURE'
  | 'INVALID_OPTION'
  | 'INVALID_FORMULA'
  | 'UNSUPPORTED'
  | 'BACKEND_UNAVAILABLE'
  | 'DEVICE_LOST'
  | 'DEVICE_ERROR'
  | 'OUT_OF_MEMORY'
  | 'INACCURATE';

/**
 * The base of every error this library throws on purpose: a stable `code`, and a message that names the argument,
 * the index where there is one, and the remedy.
 *
 * @example
 * ```ts
 * import { InvalidMeasureError, SinkhornError } from '@sinkhorn/core';
 *
 * const error = new InvalidMeasureError('x.points[4] is NaN: remove or impute it');
 * if (!(error instanceof SinkhornError) || error.code !== 'INVALID_MEASURE') throw new Error('unexpected');
 * ```
 */
export class SinkhornError extends Error {
  readonly code: SinkhornErrorCode;

  constructor(code: SinkhornErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    // InvalidOptionError of INVALID_OPTION: a minifier gives the classes themselves other names.
    const words = code.toLowerCase().replace(/(^|_)./g, (start) => start.slice(-1).toUpperCase());
    this.name = words.replace(/(Error)?$/, 'Error');
  }
}

/** A point cloud or its weights cannot be used: NaN, negative weights, no mass, sizes that do not fit. */
export class InvalidMeasureError extends SinkhornError {
  constructor(message: string) {
    super('INVALID_MEASURE', message);
  }
}

/** An option is outside its range, unknown, or contradicts another. */
export class InvalidOptionError extends SinkhornError {
  constructor(message: string) {
    super('INVALID_OPTION', message);
  }
}

/** An expression or a reduction does not fit together: sizes, missing variables, a vector where a number is needed. */
export class InvalidFormulaError extends SinkhornError {
  constructor(message: string) {
    super('INVALID_FORMULA', message);
  }
}

/** What was asked for cannot be done here: by this loss, by this backend, or at this size. */
export class UnsupportedError extends SinkhornError {
  constructor(message: string) {
    super('UNSUPPORTED', message);
  }
}

/** A backend cannot run on this machine; the message says why. */
export class BackendUnavailableError extends SinkhornError {
  constructor(message: string, options?: ErrorOptions) {
    super('BACKEND_UNAVAILABLE', message, options);
  }
}

/** The device was lost or its backend disposed of while work was under way; make a new backend and start again. */
export class DeviceLostError extends SinkhornError {
  constructor(message: string, options?: ErrorOptions) {
    super('DEVICE_LOST', message, options);
  }
}

/** The device refuses work that it was given, for a reason that is not the caller's; the message has its words. */
export class DeviceError extends SinkhornError {
  constructor(message: string, options?: ErrorOptions) {
    super('DEVICE_ERROR', message, options);
  }
}

/** The device has no memory left for what was asked of it: take smaller clouds or batches. */
export class OutOfMemoryError extends SinkhornError {
  constructor(message: string, options?: ErrorOptions) {
    super('OUT_OF_MEMORY', message, options);
  }
}

/** A value may be off by more than the accuracy that was asked for, where a loss was told to throw then. */
export class InaccurateError extends SinkhornError {
  constructor(message: string) {
    super('INACCURATE', message);
  }
}
