import type { Bytes } from './image.js';
/** A map of colours by its values on a grid of the colour cube, red outermost: what pictures are mapped with. */
export interface ColourTable {
  /** Nodes along each side, from 0 to 255. */
  readonly side: number;
  /** [side^3, 3]: where each node's colour goes, from 0 to 1 and perhaps a little beyond. */
  readonly values: Float64Array;
}

/** Pixels in pieces of so many, between which a page has its turn. */
const PIXELS_OF_PIECE = 2 ** 18;

/** Maps the colours of all pixels, by linear interpolation between the nodes around each; alpha is kept, what is out of range is cut. */
export async function applyTable(
  { side, values }: ColourTable,
  data: Uint8ClampedArray | Uint8Array,
  between: (share: number) => Promise<void>,
): Promise<Bytes> {
  const result = new Uint8ClampedArray(data.length);
  // For each byte the node below it, and how far it is from there to the next.
  const below = new Uint8Array(256);
  const share = new Float64Array(256);
  for (let byte = 0; byte < 256; byte++) {
    const place = (byte / 255) * (side - 1);
    below[byte] = Math.min(side - 2, Math.floor(place));
    share[byte] = place - below[byte];
  }
  const [stepRed, stepGreen] = [3 * side * side, 3 * side];
  for (let from = 0; from < data.length; from += 4 * PIXELS_OF_PIECE) {
    await between(from / data.length);
    const to = Math.min(data.length, from + 4 * PIXELS_OF_PIECE);
    for (let k = from; k < to; k += 4) {
      const [red, green, blue] = [data[k], data[k + 1], data[k + 2]];
      const node = below[red] * stepRed + below[green] * stepGreen + 3 * below[blue];
      const [r, g, b] = [share[red], share[green], share[blue]];
      for (let c = 0; c < 3; c++) {
        const at = node + c;
        const near = (1 - b) * values[at] + b * values[at + 3];
        const up = (1 - b) * values[at + stepGreen] + b * values[at + stepGreen + 3];
        const farAt = at + stepRed;
        const far = (1 - b) * values[farAt] + b * values[farAt + 3];
        const farUp = (1 - b) * values[farAt + stepGreen] + b * values[farAt + stepGreen + 3];
        result[k + c] = 255 * ((1 - r) * ((1 - g) * near + g * up) + r * ((1 - g) * far + g * farUp));
      }
      result[k + 3] = data[k + 3];
    }
  }
  return result;
}
