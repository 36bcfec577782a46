/** Lays out rows of text in aligned columns, two spaces apart; below a header, columns of numbers stand on the right. */
export function formatTable(rows: readonly (readonly string[])[], options: { readonly header?: boolean } = {}): string {
  const body = options.header ? rows.slice(1) : rows;
  const columns = Math.max(...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, c) => Math.max(...rows.map((row) => row[c]?.length ?? 0)));
  const isNumeric = widths.map(
    (_, c) => options.header === true && body.every((row) => /^(-?[0-9.]|-$)/.test(row[c] ?? '')),
  );
  const format = (row: readonly string[]): string =>
    row
      .map((cell, c) => (isNumeric[c] ? cell.padStart(widths[c]) : cell.padEnd(widths[c])))
      .join('  ')
      .trimEnd();
  const lines = rows.map(format);
  if (options.header) lines.splice(1, 0, widths.map((width) => '-'.repeat(width)).join('  '));
  return lines.join('\n');
}
