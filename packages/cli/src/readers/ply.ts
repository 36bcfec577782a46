import { parseSync } from '@loaders.gl/core';
import { PLYLoader } from '@loaders.gl/ply';
import { InputError } from '../inputError.js';
import { inTurns } from './inTurns.js';
import { readBytes } from './openFile.js';
import type { ColumnChoice, PointCloud } from './pointCloud.js';
import { pointSink } from './pointSink.js';

interface Header {
  /** The header for the loader: "\n" line ends, no comments, every vertex property renamed. */
  readonly text: string;
  /** Where the data begin. */
  readonly end: number;
  readonly count: number;
  /** Names of the vertices' scalar properties, in order. */
  readonly properties: readonly string[];
  readonly hasDoubles: boolean;
}

const prefix = 'column_';

/**
 * Reads the vertices of a PLY file, ASCII or binary of either byte order, into a point cloud.
 *
 * The coordinates are x, y and z (those of them that exist) unless other vertex properties are chosen.
 */
export async function readPly(file: string, choice: ColumnChoice, signal?: AbortSignal): Promise<PointCloud> {
  const bytes = await readBytes(file, signal);
  const header = readHeader(file, bytes);
  const values = parseVertices(file, bytes, header);

  const defaults = ['x', 'y', 'z'].filter((name) => header.properties.includes(name));
  if (defaults.length === 0 && !choice.columns) {
    throw new InputError(
      `${file}: its vertices have no x, y or z; choose among ${header.properties.join(', ')} with --columns`,
    );
  }
  const sink = pointSink(file, header.properties, choice, defaults);
  const cells = new Array<number>(header.properties.length);
  await inTurns(header.count, signal, (i) => {
    for (let d = 0; d < cells.length; d++) cells[d] = values[d][i];
    sink.row(cells);
  });
  return sink.finish(header.hasDoubles ? [`${file}: its 64-bit coordinates were read with 32 bits`] : []);
}

function parseVertices(file: string, bytes: Buffer, header: Header): readonly ArrayLike<number>[] {
  const head = Buffer.from(header.text, 'latin1');
  const whole = new Uint8Array(head.length + bytes.length - header.end);
  whole.set(head);
  whole.set(bytes.subarray(header.end), head.length);
  let attributes: Record<string, { value: ArrayLike<number> }>;
  try {
    attributes = parseSync(whole.buffer, PLYLoader).attributes as typeof attributes;
  } catch (error) {
    throw new InputError(`${file}: its data do not fit its header; is it cut short? (${(error as Error).message})`);
  }
  return header.properties.map((name) => {
    const values = attributes[prefix + name]?.value ?? [];
    if (values.length === header.count) return values;
    throw new InputError(
      `${file}: its header promises ${header.count} vertices and it holds ${values.length}; is it cut short?`,
    );
  });
}

/**
 * Reads the header and writes it anew for the loader, which takes CRLF, "obj_info" lines and non-ASCII comments badly,
 * and gathers properties like x or red into groups of its own: under other names they stay single columns.
 */
function readHeader(file: string, bytes: Buffer): Header {
  const start = bytes.subarray(0, 1 << 16).toString('latin1');
  const match = /^ply\r?\n[\s\S]*?\nend_header\r?\n/.exec(start);
  if (!match) throw new InputError(`${file}: it is no PLY file (it does not begin with a PLY header)`);

  const lines: string[] = [];
  const properties: string[] = [];
  let element = '';
  let count = 0;
  let hasDoubles = false;
  for (const line of match[0].trimEnd().split(/\r?\n/)) {
    const [keyword, type, name, ...rest] = line.trim().split(/\s+/);
    if (keyword === 'comment' || keyword === 'obj_info') continue;
    if (keyword === 'element') {
      element = type;
      if (element === 'vertex') count = Number(name);
      // Under a name that it does not know the loader skips faces, instead of cutting them into triangles.
      lines.push(element === 'vertex' ? line.trim() : `element skipped_${type} ${name}`);
    } else if (keyword === 'property' && element === 'vertex' && type !== 'list') {
      properties.push(name);
      hasDoubles ||= type === 'double' || type === 'float64';
      lines.push([keyword, type, prefix + name, ...rest].join(' '));
    } else lines.push(line.trim());
  }
  return { text: `${lines.join('\n')}\n`, end: match[0].length, count, properties, hasDoubles };
}
