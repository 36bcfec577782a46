/** What stands behind a cell in which a point is no decimal mark, so that it is refused and told why. */
export const withDecimalComma = ' (with --decimal ,)';

/** A number with a decimal comma as one with a point; a point in it would be a thousands mark, and is left to be refused. */
export function withPoint(cell: string): string {
  if (cell.includes('.')) return `${cell.trim()}${withDecimalComma}`;
  return cell.replace(',', '.');
}
