/** Workgroups that a run may have along an axis. */
export const MOST_GROUPS = 65_535;

/** Part of what a kernel has to go through: elements of the batch, groups of rows, and splits of the columns. */
export interface Portion {
  readonly element: number;
  readonly elements: number;
  readonly group: number;
  readonly groups: number;
  readonly split: number;
  readonly splits: number;
}

/** Shares of a long value that a run adds up. */
export interface SharePortion {
  readonly share: number;
  readonly shares: number;
}

/**
 * Shares of a portion: together if there is room for them, else one by one.
 *
 * @param operations of a share
 */
export function* sharePortions(shares: number, operations: number, room: number): Generator<SharePortion, void> {
  const together = shares * operations <= room ? shares : 1;
  for (let share = 0; share < shares; share += together) yield { share, shares: together };
}

/**
 * Cuts work into portions that there is room for when they are asked for, and of one group and one split at least: whole elements, else
 * whole rows of one element, else splits of one group.
 *
 * @param operations of a group in one split
 * @param splitsAtMost of a portion: fewer where a run has shares beside them
 */
export function* portions(
  { elements, groups, splits }: Pick<Portion, 'elements' | 'groups' | 'splits'>,
  operations: number,
  room: () => number,
  splitsAtMost = MOST_GROUPS,
): Generator<Portion, void> {
  let [element, group, split] = [0, 0, 0];
  while (element < elements) {
    const fitting = Math.max(1, Math.floor(room() / operations));
    const together = split === 0 && splits <= splitsAtMost && fitting >= splits;
    if (together && group === 0 && groups <= MOST_GROUPS && fitting >= groups * splits) {
      const count = Math.min(elements - element, Math.floor(fitting / (groups * splits)), MOST_GROUPS);
      yield { element, elements: count, group, groups, split, splits };
      element += count;
    } else if (together) {
      const count = Math.min(groups - group, Math.floor(fitting / splits), MOST_GROUPS);
      yield { element, elements: 1, group, groups: count, split, splits };
      group += count;
    } else {
      const count = Math.min(splits - split, fitting, splitsAtMost);
      yield { element, elements: 1, group, groups: 1, split, splits: count };
      split += count;
      if (split === splits) [group, split] = [group + 1, 0];
    }
    if (group === groups) [element, group] = [element + 1, 0];
  }
}
