import type { ColumnChoice } from './columnChoice.js';
import { parseJson } from './jsonParser.js';
import { jsonRows } from './jsonRows.js';
import type { PointCloud } from './pointCloud.js';
import type { Source } from './source.js';

/**
 * Streams JSON lines into a point cloud: each line is a point, an array of numbers or an object of them.
 *
 * @throws InputError naming line and column of the first value that is not a number.
 */
export async function readJsonLines(source: Source, choice: ColumnChoice): Promise<PointCloud> {
  const rows = jsonRows(source.name, choice);
  await parseJson(source, { onDocument: (value, line) => rows.row(value, line) }, true);
  return rows.finish();
}
