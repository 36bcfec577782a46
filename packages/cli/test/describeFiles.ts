import { describe, expect, it } from 'vitest';
import { InputError } from '../src/inputError.js';
import type { ColumnChoice } from '../src/readers/columnChoice.js';
import { readPoints } from '../src/readers/readPoints.js';
import { useFolder } from './helpers.js';

interface Read {
  readonly what: string;
  readonly name: string;
  readonly contents: string | Uint8Array;
  readonly choice?: ColumnChoice;
}

/** A file and the cloud that it holds. */
export interface GoodFile extends Read {
  readonly columns: readonly string[];
  readonly points: readonly number[];
  readonly weights?: readonly number[];
}

/** A file and what is said against it. */
export interface BadFile extends Read {
  readonly message: string;
}

/** Tests that the good files are read to the last digit, and the bad ones refused. */
export function describeFiles(kind: string, good: readonly GoodFile[], bad: readonly BadFile[]): void {
  describe(kind, () => {
    const folder = useFolder();

    it.each(good)('reads $what', async ({ name, contents, choice, columns, points, weights }) => {
      const cloud = await readPoints(await folder.write(name, contents), choice);
      expect(cloud.columns).toEqual(columns);
      expect([...cloud.points]).toEqual(points);
      expect(cloud.count).toBe(points.length / columns.length);
      expect(cloud.weights && [...cloud.weights]).toEqual(weights);
    });

    it.each(bad)('refuses $what', async ({ name, contents, choice, message }) => {
      const file = await folder.write(name, contents);
      const error: unknown = await readPoints(file, choice).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(InputError);
      expect((error as Error).message).toContain(message);
    });
  });
}
