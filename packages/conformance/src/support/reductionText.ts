import type { Expression } from '@sinkhorn/core';
import type { HostReduction } from './hostReduction.js';

/** A formula that is longer than this is cut: those that were put together for one kernel go on for pages. */
const LONGEST = 300;
const LONGEST_CONSTANT = 4;

/** A formula as one would write it. */
function formulaText(expression: Expression): string {
  const text = write(expression, { left: LONGEST });
  return text.length > LONGEST ? `${text.slice(0, LONGEST)} ...` : text;
}

/** Writes no more than is left to write: a formula that uses its parts again and again has no end. */
function write(node: Expression, budget: { left: number }): string {
  if (budget.left <= 0) return '...';
  budget.left -= 4;
  const size = node.size > 1 ? `[${node.size}]` : '';
  switch (node.type) {
    case 'variable':
      return node.side === 'reduced' ? `reduced ${node.name}${size}` : `${node.side} ${node.name}${size}`;
    case 'parameter':
      return `parameter ${node.name}`;
    case 'constant':
      return node.size === 1
        ? `${node.values[0]}`
        : `[${node.values.slice(0, LONGEST_CONSTANT).join(', ')}, ...]${size}`;
    case 'unary':
      return `${node.operator}(${write(node.argument, budget)})`;
    case 'binary':
      return `${node.operator}(${write(node.left, budget)}, ${write(node.right, budget)})`;
    case 'sum':
      return `sum(${write(node.argument, budget)})`;
    case 'component':
      return `component(${write(node.argument, budget)}, ${node.index})`;
  }
}

/** What a reduction is, for whoever has to find out why it is wrong: its kind, its sizes and its formulas. */
export function reductionText({
  kind,
  score,
  value,
  finish,
  rows,
  columns,
  parameters,
  blocks,
}: HostReduction): string {
  const shapes = (arrays: HostReduction['rows']) =>
    Object.entries(arrays)
      .map(([name, { shape }]) => `${name} [${shape}]`)
      .join(', ') || 'none';
  const lines = [
    `  a ${kind}${blocks ? ` in ${blocks.columnBlocks.length} pairs of blocks` : ''} with`,
    `  rows ${shapes(rows)}; columns ${shapes(columns)}; parameters ${JSON.stringify(parameters)}`,
    ...Object.entries({ score, value, finish }).flatMap(([name, formula]) =>
      formula ? [`  ${name} ${formulaText(formula)}`] : [],
    ),
  ];
  return lines.join('\n');
}
