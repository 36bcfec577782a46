import { expect, test } from 'vitest';
import { MOST_GROUPS, portions, sharePortions } from '../src/portions.js';

const OPERATIONS = 10;

test.each([
  { elements: 3, groups: 5, splits: 4, shares: 1, room: 1000 },
  { elements: 3, groups: 5, splits: 4, shares: 3, room: 310 },
  { elements: 2, groups: 5, splits: 4, shares: 4, room: 85 },
  { elements: 2, groups: 3, splits: 2, shares: 4, room: 25 },
  { elements: 1, groups: MOST_GROUPS + 3, splits: 1, shares: 1, room: 1e9 },
  { elements: 1, groups: 2, splits: 20_000, shares: 4, room: 1e9 },
])(
  '$elements elements, $groups groups, $splits splits and $shares shares are all done once, in room for $room',
  (work) => {
    const { elements, groups, splits, shares, room } = work;
    const done = new Uint8Array(elements * groups * splits * shares);
    for (const portion of portions(work, OPERATIONS * shares, () => room, Math.floor(MOST_GROUPS / shares))) {
      const ofShare = OPERATIONS * portion.elements * portion.groups * portion.splits;
      for (const { share, shares: count } of sharePortions(shares, ofShare, room)) {
        expect(ofShare * count).toBeLessThanOrEqual(Math.max(room, OPERATIONS));
        expect(portion.groups).toBeLessThanOrEqual(MOST_GROUPS);
        expect(portion.splits * count).toBeLessThanOrEqual(MOST_GROUPS);
        for (let element = portion.element; element < portion.element + portion.elements; element++) {
          for (let group = portion.group; group < portion.group + portion.groups; group++) {
            for (let split = portion.split; split < portion.split + portion.splits; split++) {
              const at = ((element * groups + group) * splits + split) * shares;
              for (let k = share; k < share + count; k++) done[at + k] += 1;
            }
          }
        }
      }
    }
    expect(done.every((times) => times === 1)).toBe(true);
  },
);
