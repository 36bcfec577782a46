import { InvalidMeasureError } from '@sinkhorn/core';
import { checkImage, type Image } from './image.js';

/** The colours of a picture in few points: each is the mean of the pixels in a cell of the colour cube. */
export interface Palette {
  /** [N, 3], from 0 to 1. */
  readonly points: Float64Array;
  readonly dimension: 3;
  /** [N]: shares of the pixels, each by its alpha. */
  readonly weights: Float64Array;
  /** Whether no cell has more than one colour, as in a drawing of few colours: points then are the colours themselves. */
  readonly isFlat: boolean;
}

/** Pixels between two places where counting can be interrupted: some milliseconds. Raising it makes an abort wait longer. */
const PIXELS_OF_PIECE = 2 ** 18;

/**
 * The colours of a picture, with the means of cells for points: the first moments of all pixels are kept. What is transparent does not count.
 *
 * @throws InvalidMeasureError where every pixel is transparent.
 */
export async function paletteOf(
  name: string,
  image: Image,
  cells: number,
  between: (share: number) => Promise<void>,
): Promise<Palette> {
  checkImage(name, image);
  const { data } = image;
  const sums = new Float64Array(4 * cells ** 3);
  const firsts = new Int32Array(cells ** 3).fill(-1);
  let isFlat = true;
  const scale = cells / 256;
  for (let k = 0; k < data.length; k += 4) {
    if (k % (4 * PIXELS_OF_PIECE) === 0) await between(k / data.length);
    const alpha = data[k + 3];
    if (alpha === 0) continue;
    const [red, green, blue] = [data[k], data[k + 1], data[k + 2]];
    const place = (Math.floor(red * scale) * cells + Math.floor(green * scale)) * cells + Math.floor(blue * scale);
    const colour = (red << 16) | (green << 8) | blue;
    if (firsts[place] < 0) firsts[place] = colour;
    else if (firsts[place] !== colour) isFlat = false;
    const cell = 4 * place;
    sums[cell] += alpha * red;
    sums[cell + 1] += alpha * green;
    sums[cell + 2] += alpha * blue;
    sums[cell + 3] += alpha;
  }
  const [points, weights]: number[][] = [[], []];
  let total = 0;
  for (let cell = 0; cell < sums.length; cell += 4) {
    const mass = sums[cell + 3];
    if (mass === 0) continue;
    points.push(sums[cell] / mass / 255, sums[cell + 1] / mass / 255, sums[cell + 2] / mass / 255);
    weights.push(mass);
    total += mass;
  }
  if (total === 0) throw new InvalidMeasureError(`${name} is transparent throughout: give a picture with some colour`);
  return {
    points: Float64Array.from(points),
    dimension: 3,
    weights: Float64Array.from(weights, (weight) => weight / total),
    isFlat,
  };
}
