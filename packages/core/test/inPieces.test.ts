import { expect, test } from 'vitest';
import { inPieces } from '../src/tasks/inPieces.js';

const PROGRESS = { stage: 'sorting', iteration: 1, epsilon: Number.NaN };

test.each([0, 1, 65_536, 200_000])('%i items are done in order, with a place to stop before each piece', (count) => {
  const pieces: [number, number][] = [];
  let reports = 0;
  for (const request of inPieces(count, PROGRESS, (from, to) => pieces.push([from, to]))) {
    expect(request).toMatchObject({ type: 'progress', progress: PROGRESS });
    expect(pieces.length).toBe(reports++);
  }
  expect(pieces.length).toBe(reports);
  expect(pieces.map(([from]) => from)).toEqual([0, ...pieces.map(([, to]) => to)].slice(0, pieces.length));
  expect(pieces.at(-1)?.[1] ?? 0).toBe(count);
  for (const [from, to] of pieces) expect(to - from).toBeLessThanOrEqual(65_536);
});
