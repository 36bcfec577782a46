import type { Cell, Format } from './table.js';

/** Writes a cell; a text in a column of numbers stays as it is. */
export function format(cell: Cell | undefined, as: Format): string {
  if (cell === null || cell === undefined) return '';
  if (typeof cell === 'string') return cell;
  switch (as) {
    case 'text':
      return String(cell);
    case 'count':
      return cell.toLocaleString('en', { maximumFractionDigits: 1 });
    case 'tenths':
      return cell.toLocaleString('en', { minimumFractionDigits: 1, maximumFractionDigits: 1 });
    case 'digits3':
      return significant(cell, 3);
    case 'digits4':
      return significant(cell, 4);
    case 'digits8':
      return significant(cell, 8);
    case 'power':
      return power(cell);
    case 'percent':
      return `${cell !== 0 && Math.abs(cell) < 1e-4 ? power(100 * cell) : significant(100 * cell, 2)} %`;
  }
}

/** As 1e-3 where one digit says it all, as 2.3e-4 elsewhere. */
const power = (value: number): string => value.toExponential(1).replace('.0e', 'e');

const significant = (value: number, digits: number): string =>
  value.toLocaleString('en', { maximumSignificantDigits: Math.max(digits, String(Math.trunc(value)).length) });
