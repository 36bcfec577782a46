import { InvalidMeasureError } from '@sinkhorn/core';

/** Bytes of their own, as ImageData takes them. Uint8ClampedArray itself says that only from TypeScript 5.7 on, by a parameter. */
export type Bytes = ReturnType<Uint8ClampedArray['slice']>;

/** A picture as canvases have it: four bytes a pixel, red, green, blue and alpha, row by row. An ImageData is one. */
export interface Image {
  readonly data: Uint8ClampedArray | Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** @throws InvalidMeasureError naming what does not fit. */
export function checkImage(name: string, image: Image): void {
  const { data, width, height } = image ?? {};
  if (!(data instanceof Uint8ClampedArray || data instanceof Uint8Array)) {
    throw new InvalidMeasureError(
      `${name}.data is no list of bytes: give an ImageData, or { data, width, height } with a Uint8ClampedArray`,
    );
  }
  if (!(Number.isInteger(width) && width > 0 && Number.isInteger(height) && height > 0)) {
    throw new InvalidMeasureError(`${name} is ${width} x ${height}: give whole numbers of pixels`);
  }
  if (data.length !== 4 * width * height) {
    throw new InvalidMeasureError(
      `${name}.data has ${data.length} bytes, and ${width} x ${height} pixels have ${4 * width * height}: give red, green, blue and alpha for each`,
    );
  }
}
