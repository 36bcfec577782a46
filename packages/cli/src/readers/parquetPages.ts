import type { AsyncBuffer, RowGroup } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';

/** Where the pages of a column stand in the file, as hyparquet takes them: the first row of each, counted in its group. */
type PageLocations = { offset: bigint; compressed_page_size: number; first_row_index: bigint }[];

/** Where the pages of each column of a group stand, by the column's name. */
export type PagesOfGroup = Record<string, PageLocations>;

/** Bytes that the header of a page takes at most; one with longer statistics is read with its whole column. */
const HEADER_BYTES = 1 << 16;

/**
 * Finds where the pages of some columns of a group of rows stand, by going from one page's header to the next: most writers, such as
 * pandas, do not say it, and without it a column of a group is unpacked in one go, in which no interrupt is noticed.
 *
 * Gives nothing where a column has rows within rows, or a header that is too long: such groups are read as a whole.
 */
export async function findPages(
  file: AsyncBuffer,
  group: RowGroup,
  names: ReadonlySet<string>,
): Promise<PagesOfGroup | undefined> {
  const found: PagesOfGroup = {};
  for (const { meta_data: column } of group.columns) {
    const [name, ...inner] = column?.path_in_schema ?? [];
    if (!column || !names.has(name)) continue;
    if (inner.length > 0) return undefined;
    const start = Number(column.dictionary_page_offset || column.data_page_offset);
    const pages = await pagesBetween(file, start, start + Number(column.total_compressed_size), Number(group.num_rows));
    if (!pages) return undefined;
    found[name] = pages;
  }
  return found;
}

/** The data pages between two places of a file, if they hold so many rows in all. */
async function pagesBetween(
  file: AsyncBuffer,
  start: number,
  end: number,
  rows: number,
): Promise<PageLocations | undefined> {
  const pages: PageLocations = [];
  let row = 0;
  let offset = start;
  while (offset < end && row < rows) {
    const bytes = await file.slice(offset, Math.min(end, offset + HEADER_BYTES));
    const reader = { view: new DataView(bytes), offset: 0 };
    const header = headerAt(reader);
    if (!header || !(header.compressed_page_size >= 0)) return undefined;
    const size = reader.offset + header.compressed_page_size;
    const count = header.data_page_header_v2?.num_rows ?? header.data_page_header?.num_values;
    if (count !== undefined) {
      pages.push({ offset: BigInt(offset), compressed_page_size: size, first_row_index: BigInt(row) });
      row += count;
    }
    offset += size;
  }
  return row === rows && pages.length > 0 ? pages : undefined;
}

/** Damage is told by whoever reads what the header belongs to. */
function headerAt(reader: {
  view: DataView<ArrayBuffer>;
  offset: number;
}): ReturnType<typeof parquetHeader> | undefined {
  try {
    return parquetHeader(reader);
  } catch {
    return undefined;
  }
}
