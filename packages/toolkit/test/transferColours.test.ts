import { cpu } from '@sinkhorn/backend-cpu';
import { describe, expect, it } from 'vitest';
import { transferColours } from '../src/colours/index.js';

const backend = cpu();
const picture = (count: number, colour: (i: number) => number[]) => ({
  data: Uint8ClampedArray.from(Array.from({ length: count }, (_, i) => [...colour(i), 255].slice(0, 4)).flat()),
  width: count,
  height: 1,
});
const meanOf = (data: ArrayLike<number>, channel: number) => {
  let sum = 0;
  for (let k = channel; k < data.length; k += 4) sum += data[k];
  return (4 * sum) / data.length;
};

describe('transferColours', () => {
  const grey = picture(256, (i) => [i, i, i]);
  const warm = picture(256, (i) => [80 + 0.6 * i, 40 + 0.5 * i, 0.4 * i]);

  it('gives the colours of the reference, and keeps a gradient a gradient', async () => {
    const { data, width, height, diagnostics } = await transferColours(grey, warm, { backend });
    expect([width, height, data.length]).toEqual([256, 1, 1024]);
    expect(diagnostics.accurate).toBe(true);
    for (let c = 0; c < 3; c++) expect(Math.abs(meanOf(data, c) - meanOf(warm.data, c))).toBeLessThan(4);
    let steepest = 0;
    for (let k = 4; k < data.length; k += 4) {
      for (let c = 0; c < 3; c++) {
        expect(data[k + c]).toBeGreaterThanOrEqual(data[k - 4 + c] - 1);
        steepest = Math.max(steepest, data[k + c] - data[k - 4 + c]);
      }
    }
    // No mottling: one step of grey is never many of the result.
    expect(steepest).toBeLessThan(4);
    // Contrast is kept: without the second map, the blur would draw both ends in.
    expect(data[0]).toBeLessThan(92);
    expect(data[1020]).toBeGreaterThan(220);
  });

  it('changes nothing where both pictures are the same, or at strength 0', async () => {
    const same = await transferColours(warm, warm, { backend });
    const none = await transferColours(grey, warm, { backend, strength: 0 });
    for (let k = 0; k < 1024; k++) {
      expect(Math.abs(same.data[k] - warm.data[k])).toBeLessThan(2);
      expect(Math.abs(none.data[k] - grey.data[k])).toBeLessThan(2);
    }
  });

  it('keeps alpha, and does not look at what is transparent', async () => {
    const halfClear = picture(4, (i) => (i < 2 ? [255, 0, 0, 0] : [100, 100, 100, 77]));
    const { data } = await transferColours(
      halfClear,
      picture(2, () => [20, 200, 20]),
      { backend },
    );
    expect([data[3], data[7], data[11], data[15]]).toEqual([0, 0, 77, 77]);
    for (const [c, value] of [20, 200, 20].entries()) expect(Math.abs(data[8 + c] - value)).toBeLessThan(3);
  });

  it.each([
    [1, [[200, 30, 40]]],
    [
      3,
      [
        [200, 30, 40],
        [60, 140, 90],
        [250, 241, 230],
      ],
    ],
  ])(
    'gives a drawing of %d colours the mean of the reference, steep as the map is between them',
    async (_, colours) => {
      const wide = picture(512, (i) => [i % 256, (7 * i) % 256, i / 2]);
      const { data } = await transferColours(
        picture(60, (i) => colours[i % colours.length]),
        wide,
        { backend },
      );
      // Mass is moved and none made: means agree, but for the width of the blur and the rounding to bytes.
      for (let c = 0; c < 3; c++) expect(Math.abs(meanOf(data, c) - meanOf(wide.data, c))).toBeLessThan(1);
    },
  );

  it('takes one pixel and pictures of one colour', async () => {
    const { data, apply } = await transferColours(
      picture(1, () => [0, 0, 0]),
      picture(1, () => [255, 255, 255]),
      { backend },
    );
    expect(Array.from(data)).toEqual([255, 255, 255, 255]);
    expect(await apply(picture(2, () => [0, 0, 0]))).toHaveLength(8);
  });

  it('refuses other pictures that are none', async () => {
    const { apply } = await transferColours(grey, warm, { backend });
    await expect(apply({ data: new Uint8Array(3), width: 1, height: 1 })).rejects.toThrow(/image.data has 3 bytes/);
  });

  it('refuses what is no picture', async () => {
    await expect(
      transferColours({ data: new Uint8ClampedArray(4), width: 2, height: 1 }, grey, { backend }),
    ).rejects.toThrow(/image.data has 4 bytes/);
    await expect(transferColours(grey, { ...grey, data: [] } as never, { backend })).rejects.toThrow(
      /reference.data is no list of bytes/,
    );
    await expect(
      transferColours(
        picture(1, () => [1, 2, 3, 0]),
        grey,
        { backend },
      ),
    ).rejects.toThrow(/transparent throughout/);
    await expect(transferColours(grey, grey, { backend, blur: 0 })).rejects.toThrow(/blur is 0/);
  });
});
