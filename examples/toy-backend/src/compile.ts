import { binaryFunctions, type Program, unaryFunctions } from '@sinkhorn/core';

/** The arrays that variables are looked up in, [N, size] each, by side and name. */
export type Sources = Readonly<Record<'row' | 'column' | 'reduced', Readonly<Record<string, Float32Array>>>>;

/** A formula that is ready to run. */
export interface Compiled {
  /** Computes what stays the same along a row: call it when a row begins. */
  beginRow(row: number): void;
  /** Computes the rest, for one pair. */
  evaluate(row: number, column: number): void;
  /** Where the result of each expression of the program is found afterwards. */
  readonly outputs: readonly Float32Array[];
}

type Step = (row: number, column: number) => void;

/**
 * Turns a program into closures, one an instruction. Each writes into a register of its own; that registers are
 * Float32Arrays rounds every result to float32.
 */
export function compile(program: Program, sources: Sources, parameters: Readonly<Record<string, number>>): Compiled {
  const registers: Float32Array[] = [];
  const onRow: Step[] = [];
  const onPair: Step[] = [];
  for (const { node, operands, varies } of program.instructions) {
    const out = new Float32Array(node.size);
    const [u, v] = operands.map((index) => registers[index]);
    registers.push(out);
    const steps = varies.byColumn ? onPair : onRow;
    switch (node.type) {
      case 'constant':
        out.set(node.values);
        break;
      case 'parameter':
        out[0] = parameters[node.name];
        break;
      case 'variable': {
        // Variables of pairs are for backends that keep them: `resolveReduction` has refused them.
        const source = sources[node.side as 'row' | 'column' | 'reduced'][node.name];
        const load = (at: number) => {
          for (let c = 0; c < out.length; c++) out[c] = source[at * out.length + c];
        };
        steps.push(node.side === 'column' ? (_row, column) => load(column) : load);
        break;
      }
      case 'unary': {
        const apply = unaryFunctions[node.operator];
        steps.push(() => {
          for (let c = 0; c < out.length; c++) out[c] = apply(u[c]);
        });
        break;
      }
      case 'binary': {
        const apply = binaryFunctions[node.operator];
        // A number goes with every component of a vector.
        const strideU = u.length === 1 ? 0 : 1;
        const strideV = v.length === 1 ? 0 : 1;
        steps.push(() => {
          for (let c = 0; c < out.length; c++) out[c] = apply(u[c * strideU], v[c * strideV]);
        });
        break;
      }
      case 'sum':
        steps.push(() => {
          out[0] = 0;
          for (let c = 0; c < u.length; c++) out[0] += u[c];
        });
        break;
      case 'component': {
        const { index } = node;
        steps.push(() => {
          out[0] = u[index];
        });
      }
    }
  }
  return {
    beginRow(row) {
      for (const step of onRow) step(row, 0);
    },
    evaluate(row, column) {
      for (const step of onPair) step(row, column);
    },
    outputs: program.outputs.map((index) => registers[index]),
  };
}
