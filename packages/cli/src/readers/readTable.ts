import { InputError } from '../inputError.js';
import type { BeginCells } from './columnChoice.js';
import { type ReadOptions, readPoints } from './readPoints.js';

/** A table of any cells: numbers, text, truth, dates, nothing. Which of them are missing depends on the kind of column that they are in. */
export interface TableOfCells {
  readonly file: string;
  readonly rows: number;
  readonly columns: Readonly<Record<string, readonly unknown[]>>;
  readonly notes: readonly string[];
}

/** A cell with the objects of a JSON file as programs have them: they share their keys while they are read. */
function plain(cell: unknown): unknown {
  if (Array.isArray(cell)) return cell.map(plain);
  if (typeof cell !== 'object' || cell === null || !('keys' in cell && 'values' in cell)) return cell;
  const { keys, values } = cell;
  if (!Array.isArray(keys) || !Array.isArray(values)) return cell;
  return Object.fromEntries(keys.map((key: string, place) => [key, plain(values[place])]));
}

/**
 * Reads a table whose cells need not be numbers from any kind of file that has rows.
 *
 * @throws InputError naming the file, and where it applies the row, the column and the remedy.
 */
export async function readTable(file: string, options: ReadOptions, signal?: AbortSignal): Promise<TableOfCells> {
  const cells = new Map<string, unknown[]>();
  let rows = 0;
  const begin: BeginCells = (name, columns, choice) => {
    const chosen = choice.columns ?? columns.filter((column) => column !== '');
    const lists = chosen.map((column) => {
      const place = columns.indexOf(column);
      if (place < 0)
        throw new InputError(`${name}: there is no column "${column}"; its columns are ${columns.join(', ')}`);
      if (columns.lastIndexOf(column) > place) {
        throw new InputError(
          `${name}: the name "${column}" belongs to two columns; give each its own, or choose others with --columns`,
        );
      }
      const list: unknown[] = [];
      cells.set(column, list);
      return { place, list };
    });
    return {
      row(values) {
        rows++;
        for (const { place, list } of lists) list.push(plain(values[place]));
      },
    };
  };
  const { notes } = await readPoints(file, { ...options, begin }, signal);
  if (rows === 0) throw new InputError(`${file}: it has columns but no rows`);
  return { file, rows, columns: Object.fromEntries(cells), notes };
}
