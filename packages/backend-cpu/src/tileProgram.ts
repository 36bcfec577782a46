import { binaryFunctions, type Instruction, type Program, unaryFunctions } from '@sinkhorn/core';
import { binaryLoops, unaryLoops } from './tileLoops.js';

/** The arrays that a program's row, column and reduced variables read, [N, size] each, and those of pairs, [N, M], by name. */
export interface Sources {
  readonly row: Readonly<Record<string, Float64Array>>;
  readonly column: Readonly<Record<string, Float64Array>>;
  readonly pair: Readonly<Record<string, Float64Array>>;
  readonly reduced: Readonly<Record<string, Float64Array>>;
}

/** A value that is the same over a tile, [size], or one that has a lane for each column of it, [size][width]. */
interface Register {
  readonly values: Float64Array;
  readonly lanes: boolean;
}

/** A program ready to run over tiles of columns. */
export interface TileProgram {
  readonly width: number;
  /** Takes the columns from `start` on, `count` of them; computes what depends on columns alone. */
  loadColumns(start: number, count: number): void;
  /** Computes everything else for one row against the columns loaded. */
  evaluateRow(row: number): void;
  /** The result of one of the program's outputs, component by component, each `width` numbers wide. */
  output(index: number): Float64Array;
}

type Step = (row: number, start: number, count: number) => void;

/** Binds a program to its arrays: each instruction becomes a loop over the lanes of a tile. */
export function tileProgram(
  program: Program,
  sources: Sources,
  parameters: Readonly<Record<string, number>>,
  columns: number,
): TileProgram {
  const widest = Math.max(...program.instructions.map(({ node }) => node.size));
  const width = Math.min(columns, Math.max(16, Math.min(512, Math.floor(16384 / widest))));
  const registers: Register[] = [];
  const onColumns: Step[] = [];
  const onRow: Step[] = [];
  for (const instruction of program.instructions) {
    const { node, varies } = instruction;
    const lanes = varies.byColumn;
    const register = { values: new Float64Array(node.size * (lanes ? width : 1)), lanes };
    registers.push(register);
    const step = makeStep(instruction, register, registers, sources, parameters, width, columns);
    if (!step) continue;
    // What is the same for every pair is computed at once: steps over columns, which run before those over rows, use it.
    if (!varies.byColumn && !varies.byRow) step(0, 0, 0);
    else (varies.byRow ? onRow : onColumns).push(step);
  }
  const outputs = program.outputs.map((index) => spread(registers[index], width, onRow));
  let start = 0;
  let count = 0;
  return {
    width,
    loadColumns(from, length) {
      start = from;
      count = length;
      for (const step of onColumns) step(0, start, count);
    },
    evaluateRow(row) {
      for (const step of onRow) step(row, start, count);
    },
    output: (index) => outputs[index],
  };
}

/** An output that is the same over the tile is written out to every lane, so that reductions see one layout. */
function spread({ values, lanes }: Register, width: number, onRow: Step[]): Float64Array {
  if (lanes) return values;
  const wide = new Float64Array(values.length * width);
  onRow.push((_row, _start, count) => {
    for (let component = 0; component < values.length; component++) {
      wide.fill(values[component], component * width, component * width + count);
    }
  });
  return wide;
}

function makeStep(
  { node, operands }: Instruction,
  target: Register,
  registers: readonly Register[],
  sources: Sources,
  parameters: Readonly<Record<string, number>>,
  width: number,
  columns: number,
): Step | undefined {
  const out = target.values;
  const { size } = node;
  switch (node.type) {
    case 'constant':
      out.set(node.values);
      return undefined;
    case 'parameter':
      out[0] = parameters[node.name];
      return undefined;
    case 'variable': {
      const source = sources[node.side][node.name];
      if (node.side === 'pair') {
        return (row, start, count) => out.set(source.subarray(row * columns + start, row * columns + start + count));
      }
      return node.side === 'column' ? loadLanes(source, out, size, width) : loadRow(source, out, size);
    }
    case 'unary': {
      const [{ values }] = operands.map((index) => registers[index]);
      if (!target.lanes) return elementwise(out, unaryFunctions[node.operator], values);
      const loop = unaryLoops[node.operator];
      return (_row, _start, count) => {
        for (let at = 0; at < size * width; at += width) loop(out, values, at, count);
      };
    }
    case 'binary':
      return binaryStep(node.operator, target, registers[operands[0]], registers[operands[1]], size, width);
    case 'sum': {
      const { values } = registers[operands[0]];
      return target.lanes ? sumLanes(out, values, values.length / width, width) : sumComponents(out, values);
    }
    case 'component': {
      const { values } = registers[operands[0]];
      const { index } = node;
      if (target.lanes) {
        return (_row, _start, count) => out.set(values.subarray(index * width, index * width + count));
      }
      return () => {
        out[0] = values[index];
      };
    }
  }
}

function loadRow(source: Float64Array, out: Float64Array, size: number): Step {
  return (row) => {
    for (let component = 0; component < size; component++) out[component] = source[row * size + component];
  };
}

function loadLanes(source: Float64Array, out: Float64Array, size: number, width: number): Step {
  return (_row, start, count) => {
    for (let component = 0; component < size; component++) {
      const at = component * width;
      for (let lane = 0; lane < count; lane++) out[at + lane] = source[(start + lane) * size + component];
    }
  };
}

function elementwise(out: Float64Array, apply: (u: number) => number, values: Float64Array): Step {
  return () => {
    for (let component = 0; component < out.length; component++) out[component] = apply(values[component]);
  };
}

function sumComponents(out: Float64Array, values: Float64Array): Step {
  return () => {
    let total = 0;
    for (let component = 0; component < values.length; component++) total += values[component];
    out[0] = total;
  };
}

function sumLanes(out: Float64Array, values: Float64Array, size: number, width: number): Step {
  return (_row, _start, count) => {
    for (let lane = 0; lane < count; lane++) out[lane] = values[lane];
    for (let at = width; at < size * width; at += width) {
      for (let lane = 0; lane < count; lane++) out[lane] += values[at + lane];
    }
  };
}

function binaryStep(
  operator: keyof typeof binaryLoops,
  target: Register,
  left: Register,
  right: Register,
  size: number,
  width: number,
): Step {
  const out = target.values;
  const componentStep = (register: Register) => {
    const components = register.values.length / (register.lanes ? width : 1);
    return components === 1 ? 0 : register.lanes ? width : 1;
  };
  const leftStep = componentStep(left);
  const rightStep = componentStep(right);
  if (!target.lanes) {
    const apply = binaryFunctions[operator];
    return () => {
      for (let c = 0; c < size; c++) out[c] = apply(left.values[c * leftStep], right.values[c * rightStep]);
    };
  }
  const { lanesLanes, uniformLanes, lanesUniform } = binaryLoops[operator];
  if (left.lanes && right.lanes) {
    return (_row, _start, count) => {
      for (let c = 0; c < size; c++)
        lanesLanes(out, left.values, right.values, c * width, c * leftStep, c * rightStep, count);
    };
  }
  if (right.lanes) {
    return (_row, _start, count) => {
      for (let c = 0; c < size; c++)
        uniformLanes(out, left.values[c * leftStep], right.values, c * width, c * rightStep, count);
    };
  }
  return (_row, _start, count) => {
    for (let c = 0; c < size; c++)
      lanesUniform(out, left.values, right.values[c * rightStep], c * width, c * leftStep, count);
  };
}
