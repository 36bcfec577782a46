import { entriesBefore, type StoredArray } from './storedArray.js';

/** From one entry up to, not including, another. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** Elements of a batch, with rows and columns in which every array is in one piece. */
export interface Cut {
  readonly element: number;
  readonly elements: number;
  readonly rows: Range;
  /** Ranges of columns, in order: the results of all of them make one. */
  readonly columns: readonly Range[];
}

/** What cuts go by. */
export interface Extent {
  readonly batch: number;
  readonly rows: number;
  readonly columns: number;
  /** Arrays by row, with the results, and by column. */
  readonly rowArrays: readonly StoredArray[];
  readonly columnArrays: readonly StoredArray[];
  /** Rows and columns of a cut at most, where arrays have to be put together. */
  readonly rowsAtMost: number;
  readonly columnsAtMost: number;
}

/** All of a reduction: one cut, but where arrays are in several pieces. */
export function* cutsOf(extent: Extent): Generator<Cut, void> {
  const { batch, rows, columns, rowArrays, columnArrays, rowsAtMost, columnsAtMost } = extent;
  const whole =
    rows <= rowsAtMost &&
    columns <= columnsAtMost &&
    [...rowArrays, ...columnArrays].every(({ pieces }) => pieces.length === 1);
  if (whole) {
    yield { element: 0, elements: batch, rows: { start: 0, end: rows }, columns: [{ start: 0, end: columns }] };
    return;
  }
  for (let element = 0; element < batch; element++) {
    const cutColumns = [...rangesOf(columns, columnArrays, element, columnsAtMost)];
    for (const range of rangesOf(rows, rowArrays, element, rowsAtMost)) {
      yield { element, elements: 1, rows: range, columns: cutColumns };
    }
  }
}

function* rangesOf(
  count: number,
  arrays: readonly StoredArray[],
  element: number,
  atMost: number,
): Generator<Range, void> {
  let start = 0;
  do {
    let end = Math.min(count, start + atMost);
    for (const array of arrays) {
      if (array.pieces.length === 1) continue;
      const before = entriesBefore(array, element);
      const piece = Math.floor((before + start) / array.entriesOfPiece);
      end = Math.min(end, (piece + 1) * array.entriesOfPiece - before);
    }
    yield { start, end };
    start = end;
  } while (start < count);
}
