import type { Diagnostics } from 'sinkhorn';
import { type Image, transferColours as transfer } from 'sinkhorn/toolkit';
import type { TaskContext } from '../task';

export interface TransferInput {
  /** The picture to change. */
  readonly picture: Image;
  /** The picture to take colours from. */
  readonly palette: Image;
  readonly blur: number;
}

export interface TransferResult {
  readonly pixels: Uint8ClampedArray<ArrayBuffer>;
  readonly diagnostics: Diagnostics;
}

/** How far it is, or a sketch of the result: by few of the colours, at a larger blur. */
export type TransferUpdate =
  | { readonly stage: string; readonly share?: number }
  | { readonly sketch: Uint8ClampedArray<ArrayBuffer> };

/** The parts of the whole that stages take, roughly. */
const PARTS: Readonly<Record<string, readonly [number, number]>> = {
  'counting colours': [0, 0.05],
  'looking for the transport': [0.05, 0.8],
  'mapping colours': [0.8, 0.9],
  painting: [0.9, 1],
};

/** The blurs of sketches, each of which takes a small part of the time of the whole. */
const SKETCH_BLURS = [0.4, 0.2, 0.1];
/** Pixels a side whose colours represent the picture's in a sketch. */
const SKETCH_SIDE = 24;
/** Larger pictures take long to paint: they have no sketches. */
const MOST_SKETCHED_PIXELS = 1e6;

/** Gives a picture the colours of another one. */
export async function transferColours(
  { picture, palette, blur }: TransferInput,
  { backend, signal, update }: TaskContext<TransferUpdate>,
): Promise<TransferResult> {
  const [few, fewOthers] = [picture, palette].map(sampled);
  for (const sketchBlur of SKETCH_BLURS) {
    if (sketchBlur <= blur || isTooLarge(picture) || [few, fewOthers].some(isTransparent)) continue;
    await update({ stage: 'sketching', share: 0 });
    const { apply } = await transfer(few, fewOthers, { backend, blur: sketchBlur, signal });
    await update({ sketch: Uint8ClampedArray.from(await apply(picture)) });
  }
  const { data, diagnostics } = await transfer(picture, palette, {
    backend,
    blur,
    signal,
    onProgress: ({ stage, share = 0 }) => {
      const [begin, end] = PARTS[stage] ?? [0, 0];
      void update({ stage, share: begin + (end - begin) * share });
    },
  });
  return { pixels: Uint8ClampedArray.from(data), diagnostics };
}

const isTooLarge = ({ width, height }: Image) => width * height > MOST_SKETCHED_PIXELS;

const isTransparent = ({ data }: Image) => !data.some((value, k) => k % 4 === 3 && value > 0);

/** Pixels of a picture, evenly spread over it. */
function sampled({ data, width, height }: Image): Image {
  const [across, down] = [Math.min(SKETCH_SIDE, width), Math.min(SKETCH_SIDE, height)];
  const few = Uint8ClampedArray.from({ length: 4 * across * down }, (_, k) => {
    const pixel = k >> 2;
    const [row, column] = [Math.floor(pixel / across), pixel % across];
    const place = Math.floor(((row + 0.5) * height) / down) * width + Math.floor(((column + 0.5) * width) / across);
    return data[4 * place + (k & 3)];
  });
  return { data: few, width: across, height: down };
}
