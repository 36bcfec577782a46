import type { DeviceArray } from '../../backend/backend.js';
import type { BlockPattern } from '../../backend/blockPattern.js';
import type { Workspace } from '../../backend/workspace.js';
import { column } from '../../formula/expression.js';

/**
 * The lines of grids on a device: what reductions along an axis need to know, each made once. An array of a grid is a list of lines along
 * its last axis.
 */
export interface Lines {
  readonly space: Workspace;
  /** The coordinates of an axis, once for each line: [lines n, 1]. */
  coordinates(axis: Float64Array, lines: number): DeviceArray;
  /** Rows of a line meet the columns of that line. */
  pattern(lines: number, rows: number, columns: number): BlockPattern;
  /** An array of lines of a length with its last axis put first. It takes over the array that it is given. */
  lastAxisFirst(array: DeviceArray, lines: number, length: number): DeviceArray;
}

/** The lines of the grids of a workspace. */
export function linesIn(space: Workspace): Lines {
  const coordinates = new Map<Float64Array, Map<number, DeviceArray>>();
  const patterns = new Map<string, BlockPattern>();
  const orders = new Map<string, Uint32Array>();
  return {
    space,
    coordinates(axis, lines) {
      const known = getOrMake(coordinates, axis, () => new Map<number, DeviceArray>());
      return getOrMake(known, lines, () => {
        const repeated = new Float64Array(lines * axis.length);
        for (let line = 0; line < lines; line++) repeated.set(axis, line * axis.length);
        return space.upload(repeated, [repeated.length, 1]);
      });
    },
    pattern: (lines, rows, columns) =>
      getOrMake(patterns, `${lines} ${rows} ${columns}`, () => ({
        rowStarts: multiples(lines, rows),
        columnStarts: multiples(lines, columns),
        offsets: multiples(lines, 1),
        columnBlocks: multiples(lines, 1).subarray(0, lines),
      })),
    lastAxisFirst(array, lines, length) {
      if (lines === 1 || length === 1) return array;
      const order = getOrMake(orders, `${lines} ${length}`, () =>
        // Not made from a function, which takes ten times as long.
        new Uint32Array(lines * length).map((_, k) => (k % lines) * length + Math.floor(k / lines)),
      );
      const moved = inOrder(space, array, order);
      space.release(array);
      return moved;
    },
  };
}

const multiples = (count: number, step: number) => new Uint32Array(count + 1).map((_, k) => k * step);

function getOrMake<Key, Value>(known: Map<Key, Value>, key: Key, make: () => Value): Value {
  const found = known.get(key) ?? make();
  known.set(key, found);
  return found;
}

/** The rows of an array in an order; where the backend cannot put them so, as a reduction in which each row meets one column. */
function inOrder(space: Workspace, array: DeviceArray, order: Uint32Array): DeviceArray {
  const { backend } = space;
  if (backend.permute) return space.hold(backend.permute(array, order));
  const size = array.shape[array.shape.length - 1];
  const row = space.upload(new Float64Array(order.length), [order.length, 1]);
  const one = multiples(order.length, 1);
  const [moved] = space.reduce({
    kind: 'sum',
    value: column('value', size),
    rows: { row },
    columns: { value: array },
    parameters: {},
    blocks: { rowStarts: one, columnStarts: one, offsets: one, columnBlocks: order },
  });
  space.release(row);
  return moved;
}
