import { type Program, program, type Variable } from '@sinkhorn/core';
import { type Component, formulaCode, ONE_CELL, scope } from './formulaCode.js';
import { type Frame, isLong } from './kernel.js';
import type { Tiling } from './tiling.js';
import { WORKGROUP_SIZE, widened } from './wgsl.js';

/** Code that fills a tile: four neighbouring columns make a vector, as the loop over pairs takes them. */
export interface StagingCode {
  readonly declarations: readonly string[];
  readonly lines: readonly string[];
  /** A component of a staged variable, for the chunk of four columns at hand; undefined for other variables. */
  load(node: Variable, component: Component, chunk?: string): string | undefined;
}

/** Names the columns of a chunk; beyond the last one it is seen again. */
export const entriesOf = (chunk: string): string =>
  `let entries = min(vec4<u32>(tileStart + ${chunk} * 4u) + vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>(end - 1u));`;

/** A component of four columns, from where their array is. */
export const gathered = (frame: Frame, node: Variable, component: Component): string =>
  `vec4<f32>(${['x', 'y', 'z', 'w'].map((lane) => frame.at(node, `entries.${lane}`, component)).join(', ')})`;

export const stagingProgram = (staged: Tiling['staged']): Program =>
  program(staged.map(({ expression }) => expression));

export function stagingCode({ staged, columns }: Pick<Tiling, 'staged' | 'columns'>, frame: Frame): StagingCode {
  const chunks = columns / 4;
  const offsets = new Map<string, number>();
  let size = 0;
  for (const { variable } of staged) {
    offsets.set(variable.name, size);
    size += variable.size * chunks;
  }
  const load: StagingCode['load'] = ({ side, name }, component, chunk = 'chunk') => {
    const offset = side === 'column' ? offsets.get(name) : undefined;
    if (offset === undefined) return undefined;
    return typeof component === 'number'
      ? `tile[${offset + component * chunks}u + ${chunk}]`
      : `tile[${offset}u + ${component} * ${chunks}u + ${chunk}]`;
  };
  if (staged.length === 0) return { declarations: [], lines: [], load };

  const codeOf = (formula: Program, prefix: string) =>
    formulaCode(
      formula,
      prefix,
      { variable: (node, component) => gathered(frame, node, component), parameter: frame.parameter },
      ONE_CELL,
      true,
    );
  const declarations = [`var<workgroup> tile: array<vec4<f32>, ${size}>;`];

  const short = staged.filter(({ variable }) => !isLong(variable.size));
  const formula = program(short.map(({ expression }) => expression));
  const code = codeOf(formula, 's');
  const into = scope();
  into.lines.push(...code.emit(() => true));
  short.forEach(({ variable }, at) => {
    const index = formula.outputs[at];
    for (let component = 0; component < variable.size; component++) {
      const text = widened(code.value(index, 0, component, into), code.lanesOf(index), 4);
      into.lines.push(`${load(variable, component)} = ${text};`);
    }
  });
  declarations.push(...code.declarations);
  const lines = [
    `for (var chunk = thread; chunk * 4u < count; chunk += ${WORKGROUP_SIZE}u) {`,
    `  ${entriesOf('chunk')}`,
    ...into.lines.map((line) => `  ${line}`),
    '}',
  ];

  staged
    .filter(({ variable }) => isLong(variable.size))
    .forEach(({ variable, expression }, at) => {
      const own = program([expression]);
      const ownCode = codeOf(own, `l${at}x`);
      const body = scope();
      body.lines.push(...ownCode.emit(() => true));
      const text = widened(ownCode.value(own.outputs[0], 0, 'part', body), ownCode.lanesOf(own.outputs[0]), 4);
      declarations.push(...ownCode.declarations);
      // A component of four columns each: whole vectors would leave most threads idle.
      lines.push(
        `for (var item = thread; item < ${variable.size * chunks}u; item += ${WORKGROUP_SIZE}u) {`,
        `  let part = item / ${chunks}u;`,
        `  let chunk = item % ${chunks}u;`,
        '  if (chunk * 4u >= count) { continue; }',
        `  ${entriesOf('chunk')}`,
        ...body.lines.map((line) => `  ${line}`),
        `  tile[${offsets.get(variable.name)}u + item] = ${text};`,
        '}',
      );
    });
  return { declarations, lines, load };
}
