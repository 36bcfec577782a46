/** The colours of a picture, each once. */
export interface DistinctColours {
  /** [n, 3]: from 0 to 1. */
  readonly points: Float32Array;
  /** [n]: the share of the pixels that have the colour. */
  readonly weights: Float64Array;
  /** [pixels]: which of them each pixel has. */
  readonly places: Uint32Array;
}

/** Of four bytes a pixel; the last one, transparency, does not count. */
export function distinctColours(pixels: Uint8ClampedArray): DistinctColours {
  const count = pixels.length / 4;
  const numbers = new Uint32Array(2 ** 24);
  const places = new Uint32Array(count);
  const found: number[] = [];
  const counts: number[] = [];
  for (let i = 0; i < count; i++) {
    const colour = (pixels[4 * i] << 16) | (pixels[4 * i + 1] << 8) | pixels[4 * i + 2];
    if (numbers[colour] === 0) {
      found.push(colour);
      counts.push(0);
      numbers[colour] = found.length;
    }
    places[i] = numbers[colour] - 1;
    counts[places[i]]++;
  }
  return {
    points: Float32Array.from(
      { length: 3 * found.length },
      (_, k) => ((found[Math.floor(k / 3)] >> (16 - 8 * (k % 3))) & 255) / 255,
    ),
    weights: Float64Array.from(counts, (pixelsOfColour) => pixelsOfColour / count),
    places,
  };
}
