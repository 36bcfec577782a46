import { InputError } from '../inputError.js';

/** Watches the cells of a table in which a point may be a decimal mark or divide thousands. */
export interface PointsInNumbers {
  see(record: readonly string[]): void;
  /** Refuses a table of which nothing has told; `isUsed` says whether a column's numbers count. */
  check(file: string, isUsed: (index: number) => boolean): void;
}

const withPoint = /^\s*[+-]?(\d+\.\d*|\.\d+)([eE][+-]?\d+)?\s*$/;
const asThousands = /^\s*[+-]?[1-9]\d{0,2}\.\d{3}\s*$/;

/**
 * Between semicolons, where many languages write decimal commas, 1.234 may be 1234. It is a fraction where any number with a point in
 * the table cannot be read otherwise, such as 0.234 or 1.5.
 */
export function pointsInNumbers(): PointsInNumbers {
  const doubtful = new Map<number, string>();
  let isTold = false;
  return {
    see(record) {
      if (isTold) return;
      for (let index = 0; index < record.length; index++) {
        const cell = record[index];
        if (!cell.includes('.') || !withPoint.test(cell)) continue;
        if (!asThousands.test(cell)) isTold = true;
        else if (!doubtful.has(index)) doubtful.set(index, cell.trim());
      }
    },
    check(file, isUsed) {
      const found = isTold ? undefined : [...doubtful].find(([index]) => isUsed(index));
      if (!found) return;
      throw new InputError(
        `${file}: "${found[1]}" may be ${found[1].replace('.', '')}, as each number with a point has three digits behind it; say --decimal . if points are decimal marks, or remove them if they divide thousands`,
      );
    },
  };
}
