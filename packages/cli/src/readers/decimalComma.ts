/** A number with a decimal comma as one with a point; a point in it would be a thousands mark, and is left to be refused. */
export function withPoint(cell: string): string {
  if (cell.includes('.')) return `${cell} (with --decimal ,)`;
  return cell.replace(',', '.');
}
