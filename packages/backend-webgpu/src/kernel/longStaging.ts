import { program, type Variable } from '@sinkhorn/core';
import { type Component, formulaCode, ONE_CELL, scope } from './formulaCode.js';
import type { Frame } from './kernel.js';
import { type LongTiling, PART_SIZE } from './longPoints.js';
import { entriesOf, gathered } from './stagingCode.js';
import { WORKGROUP_SIZE, widened } from './wgsl.js';

/** Code that brings a part of the components of rows and columns to workgroup memory, and takes them from there. */
export interface LongStaging {
  readonly declarations: ReadonlySet<string>;
  /** Fills memory with the components from `partStart` on; the last is seen again beyond the end. */
  stage(variables: readonly Variable[]): readonly string[];
  /** Where a staged component is, for a row or a vector of columns of the thread; undefined for others. */
  load(node: Variable, component: Component, row: number, vector: number): string | undefined;
  /** Says that a name represents a component that is staged, at a place of its part. */
  name(component: string, place: string): void;
}

export function longStaging(tiling: LongTiling, frame: Frame): LongStaging {
  const { cells, chunks, threadsOfColumn, rowStride, columnStride } = tiling;
  const declarations = new Set<string>();
  if (tiling.rowVariables > 0) {
    const size = tiling.rowVariables * PART_SIZE * rowStride;
    declarations.add(`var<workgroup> rowParts: array<vec${cells.rows}<f32>, ${size}>;`);
  }
  if (tiling.columnVariables > 0) {
    const size = tiling.columnVariables * PART_SIZE * columnStride;
    declarations.add(`var<workgroup> columnParts: array<vec4<f32>, ${size}>;`);
  }
  const places = new Map<string, string>();
  let offsets = new Map<string, number>();
  const rows = Array.from({ length: cells.rows }, (_, row) => row);

  const rowLines = (node: Variable): readonly string[] => [
    `for (var item = thread; item < ${PART_SIZE * threadsOfColumn}u; item += ${WORKGROUP_SIZE}u) {`,
    `  let place = item % ${PART_SIZE}u;`,
    `  let some = item / ${PART_SIZE}u;`,
    `  let part = min(partStart + place, ${node.size - 1}u);`,
    `  let rows = min(vec4<u32>(firstRow + some * ${cells.rows}u) + vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>(rowEnd - 1u));`,
    `  rowParts[${offsets.get(`row ${node.name}`)}u + place * ${rowStride}u + some] = vec${cells.rows}<f32>(${rows
      .map((row) => frame.at(node, `rows.${'xyzw'[row]}`, 'part'))
      .join(', ')});`,
    '}',
  ];

  const columnLines = (node: Variable, at: number): readonly string[] => {
    const expression = tiling.staged.find(({ variable }) => variable.name === node.name)?.expression ?? node;
    const own = program([expression]);
    const leaves = {
      variable: (leaf: Variable, component: Component) => gathered(frame, leaf, component),
      parameter: frame.parameter,
    };
    const code = formulaCode(own, `l${at}x`, leaves, ONE_CELL, true);
    const body = scope();
    body.lines.push(...code.emit(() => true));
    const text = widened(code.value(own.outputs[0], 0, 'part', body), code.lanesOf(own.outputs[0]), 4);
    for (const declaration of code.declarations) declarations.add(declaration);
    return [
      `for (var item = thread; item < ${PART_SIZE * chunks}u; item += ${WORKGROUP_SIZE}u) {`,
      `  let place = item % ${PART_SIZE}u;`,
      `  let chunk = item / ${PART_SIZE}u;`,
      `  let part = min(partStart + place, ${node.size - 1}u);`,
      `  ${entriesOf('chunk')}`,
      ...body.lines.map((line) => `  ${line}`),
      `  columnParts[${offsets.get(`column ${node.name}`)}u + place * ${columnStride}u + chunk] = ${text};`,
      '}',
    ];
  };

  return {
    declarations,
    stage(variables) {
      offsets = new Map();
      const ofSide = (wanted: Variable['side']) => variables.filter(({ side }) => side === wanted);
      ofSide('row').forEach(({ name }, at) => {
        offsets.set(`row ${name}`, at * PART_SIZE * rowStride);
      });
      ofSide('column').forEach(({ name }, at) => {
        offsets.set(`column ${name}`, at * PART_SIZE * columnStride);
      });
      return [...ofSide('row').flatMap(rowLines), ...ofSide('column').flatMap(columnLines)];
    },
    load({ side, name }, component, row, vector) {
      const place = places.get(String(component));
      const offset = offsets.get(`${side} ${name}`);
      if (place === undefined || offset === undefined) return undefined;
      return side === 'row'
        ? `rowParts[${offset}u + ${place} * ${rowStride}u + threadRow].${'xyzw'[row]}`
        : `columnParts[${offset}u + ${place} * ${columnStride}u + chunk${vector}]`;
    },
    name(component, place) {
      places.set(component, place);
    },
  };
}
