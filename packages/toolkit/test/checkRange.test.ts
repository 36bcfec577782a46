import { cpu } from '@sinkhorn/backend-cpu';
import { InvalidMeasureError } from '@sinkhorn/core';
import { expect, it } from 'vitest';
import { drift } from '../src/drift/drift.js';

const backend = cpu();
const plain = [1, 2, 3, 4];

it.each([
  ['large', 1e200, 'exceed the range of numbers'],
  ['small', 1e-200, 'are below the range of numbers'],
])('numbers whose squares are too %s are refused, not taken for equal', async (_what, unit, message) => {
  const odd = plain.map((value) => value * unit);
  const refused = [drift({ a: odd }, { a: plain }, { backend }), drift({ a: plain }, { a: odd }, { backend })];
  for (const each of refused) {
    await expect(each).rejects.toThrow(InvalidMeasureError);
    await expect(each).rejects.toThrow(message);
  }
});
