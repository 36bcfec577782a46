import { expect, test } from 'vitest';
import { chunked } from '../../src/tasks/chunked.js';

test.each([0, 1, 65_536, 200_000])('%i items are done in order, with a place to stop before each piece', (count) => {
  const pieces: [number, number][] = [];
  let pauses = 0;
  for (const request of chunked(count, (from, to) => pieces.push([from, to]))) {
    expect(request).toEqual({ type: 'pause' });
    expect(pieces.length).toBe(pauses++);
  }
  expect(pieces.length).toBe(pauses);
  expect(pieces.map(([from]) => from)).toEqual([0, ...pieces.map(([, to]) => to)].slice(0, pieces.length));
  expect(pieces.at(-1)?.[1] ?? 0).toBe(count);
  for (const [from, to] of pieces) expect(to - from).toBeLessThanOrEqual(65_536);
});

test('pieces tell what share is done', () => {
  const told = [
    ...chunked(
      4,
      () => {},
      1,
      (share) => ({ stage: 'counting', share }),
    ),
  ];
  expect(told).toEqual(
    [0, 0.25, 0.5, 0.75].map((share) => ({ type: 'progress', progress: { stage: 'counting', share } })),
  );
});
