import type { Cut, Range } from './cuts.js';
import type { CompiledKernel } from './device/pipelines.js';
import type { Step } from './device/steps.js';
import { type Job, OPERATIONS_BESIDE_FORMULA } from './job.js';
import { isLong } from './kernel/kernel.js';
import { mergeKernel } from './kernel/mergeKernel.js';
import { SHARE_SIZE, stateSizes } from './kernel/partialResults.js';
import { WORKGROUP_SIZE } from './kernel/wgsl.js';
import { portions } from './portions.js';

/** Memory for partial results: more rows than fit are taken one band after the other. */
const PARTIAL_BYTES = 64 * 2 ** 20;

/** Elements of the batch and rows whose partial results are kept at a time. */
export interface Band {
  readonly element: number;
  readonly elements: number;
  readonly rows: Range;
}

/** Partial results of a reduction, where it has them: for splits of the columns, or for shares of a long value. */
export interface Partials {
  readonly kernel: CompiledKernel;
  readonly buffer: GPUBuffer;
  /** Partial results of each row that the buffer has room for. */
  readonly rows: number;
  bands(cut: Cut): Generator<Band, void>;
  /** Merges the partial results of a band, and finishes them. */
  merge(cut: Cut, band: Band, splits: number, room: () => number): Generator<Step, void>;
}

/** How many shares of a value's components there are: each is for threads of its own. */
export const sharesOf = (size: number): number => (isLong(size) ? Math.ceil(size / SHARE_SIZE) : 1);

/** @param splits partial results of a row, in the cut that has most */
export function partialsOf(job: Job, splits: number): Partials {
  const { engine, reduction, resolved, cuts, allocateScratch, bind } = job;
  const sizes = stateSizes(reduction);
  const bytesOfRow = 4 * splits * (sizes.shared + sizes.values);
  const room = Math.max(1, Math.floor(Math.min(PARTIAL_BYTES, engine.mostBytes) / bytesOfRow));
  const whole = room >= WORKGROUP_SIZE ? Math.floor(room / WORKGROUP_SIZE) * WORKGROUP_SIZE : room;
  const rows = Math.min(whole, Math.max(...cuts.map((cut) => cut.rows.end - cut.rows.start)));
  const elements = Math.max(1, Math.floor(room / rows));
  const most = Math.min(elements, Math.max(...cuts.map((cut) => cut.elements)));
  const buffer = allocateScratch(bytesOfRow * rows * most);
  const kernel = engine.kernel(`merge|${resolved.key}`, () => mergeKernel(reduction, engine.mostBindings));
  return {
    kernel,
    buffer,
    rows,
    *bands(cut) {
      for (let element = 0; element < cut.elements; element += most) {
        for (let { start } = cut.rows; start < cut.rows.end; start += rows) {
          const end = Math.min(start + rows, cut.rows.end);
          yield {
            element: cut.element + element,
            elements: Math.min(most, cut.elements - element),
            rows: { start, end },
          };
        }
      }
    },
    *merge(cut, band, splitsOfCut, roomNow) {
      const bound = bind(kernel, { partials: buffer }, cut, { start: 0, end: 0 });
      yield* bound.copies;
      const { start, end } = band.rows;
      const groups = Math.ceil((end - start) / WORKGROUP_SIZE);
      const operations = WORKGROUP_SIZE * splitsOfCut * (sizes.shared + sizes.values) * OPERATIONS_BESIDE_FORMULA;
      for (const portion of portions({ elements: band.elements, groups, splits: 1 }, operations, roomNow)) {
        const first = portion.group * WORKGROUP_SIZE;
        yield bound.run({
          words: {
            rowStart: start + first,
            rowEnd: end,
            element: band.element + portion.element,
            partialStart: portion.element * rows + first,
            splits: splitsOfCut,
            partialRows: rows,
          },
          groups: [portion.groups, portion.elements, 1],
          operations: portion.elements * portion.groups * operations,
        });
      }
    },
  };
}
