import { type Diagnostics, sinkhornDivergence } from 'sinkhorn';
import type { TaskContext } from '../task';
import { type DistinctColours, distinctColours } from './distinctColours';

/** More colours than this would take more memory than a tab has. */
const MOST_COLOURS = 2_000_000;

export interface TransferInput {
  /** The picture to change: four bytes a pixel. */
  readonly picture: Uint8ClampedArray;
  /** The picture to take colours from. */
  readonly palette: Uint8ClampedArray;
  readonly blur: number;
}

export interface TransferResult {
  /** Every pixel in the colour that the plan takes its own to, on average; transparency stays. */
  readonly picture: Uint8ClampedArray<ArrayBuffer>;
  /** How many colours each picture has. */
  readonly colours: readonly [number, number];
  readonly diagnostics: Diagnostics;
}

/**
 * Transports the colours of one picture onto those of another: a colour is a point, with the share of the pixels that have it
 * as its weight. Where there are many, cells represent close ones.
 */
export async function transferColours(
  { picture, palette, blur }: TransferInput,
  { backend, signal, update }: TaskContext<string>,
): Promise<TransferResult> {
  await update('counting colours');
  const from = coloursOf('picture', picture);
  const to = coloursOf('picture to take colours from', palette);
  await update('looking for the transport plan');
  const loss = sinkhornDivergence({ backend, p: 2, blur, debias: false, tolerance: 1e-2 });
  const { plan, diagnostics } = await loss.solve(
    { points: from.points, weights: from.weights, dimension: 3 },
    { points: to.points, weights: to.weights, dimension: 3 },
    { signal },
  );
  await update('moving every colour');
  const moved = await plan.barycentricMap();
  return {
    picture: painted(picture, from.places, moved),
    colours: [from.weights.length, to.weights.length],
    diagnostics,
  };
}

function coloursOf(name: string, pixels: Uint8ClampedArray): DistinctColours {
  const colours = distinctColours(pixels);
  const count = colours.weights.length;
  if (count <= MOST_COLOURS) return colours;
  const figures = [count, MOST_COLOURS].map((number) => number.toLocaleString('en'));
  throw new Error(`The ${name} has ${figures[0]} colours, more than ${figures[1]}: take a smaller version of it.`);
}

/** What is out of range is cut. */
function painted(
  pixels: Uint8ClampedArray,
  places: Uint32Array,
  colours: ArrayLike<number>,
): Uint8ClampedArray<ArrayBuffer> {
  const result = new Uint8ClampedArray(pixels);
  for (let i = 0; i < places.length; i++) {
    for (let c = 0; c < 3; c++) result[4 * i + c] = 255 * colours[3 * places[i] + c];
  }
  return result;
}
