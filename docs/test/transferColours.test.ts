/** What the colour transfer makes of pictures, before and after the plan. */
import { cpu } from 'sinkhorn';
import { expect, it } from 'vitest';
import { distinctColours } from '../solver/tasks/distinctColours.js';
import { transferColours } from '../solver/tasks/transferColours.js';

const backend = cpu();
const context = {
  backend,
  open: async () => ({ backend, description: 'JavaScript' }),
  signal: new AbortController().signal,
  update: async () => {},
};
const RED = [255, 0, 0, 255];
const GREY = [51, 51, 51, 0];

it('counts colours once, whatever their transparency', () => {
  const { points, weights, places } = distinctColours(Uint8ClampedArray.of(...RED, ...GREY, ...RED, 255, 0, 0, 9));
  expect(points).toEqual(Float32Array.of(1, 0, 0, 0.2, 0.2, 0.2));
  expect(weights).toEqual(Float64Array.of(0.75, 0.25));
  expect(places).toEqual(Uint32Array.of(0, 1, 0, 0));
});

it('paints every pixel in the colour that its own goes to, and keeps transparency', async () => {
  const picture = Uint8ClampedArray.of(...RED, ...GREY, ...RED);
  const palette = Uint8ClampedArray.of(0, 0, 255, 255);
  const result = await transferColours({ picture, palette, blur: 0.05 }, context);
  expect([...result.picture]).toEqual([0, 0, 255, 255, 0, 0, 255, 0, 0, 0, 255, 255]);
  expect(result.colours).toEqual([2, 1]);
});

it('refuses pictures with more colours than there is memory for', async () => {
  const picture = new Uint8ClampedArray(4 * 2_000_001).map((_, k) => (Math.floor(k / 4) >> (8 * (k % 4))) & 255);
  const transfer = transferColours({ picture, palette: Uint8ClampedArray.of(...RED), blur: 0.05 }, context);
  await expect(transfer).rejects.toThrow('The picture has 2,000,001 colours, more than 2,000,000');
});
