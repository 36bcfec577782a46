/** Names with commas between them; of very many, the first and how many there are. */
export function listNames(names: readonly string[]): string {
  if (names.length <= 20) return names.join(', ');
  return `${names.slice(0, 10).join(', ')}, ... (${names.length.toLocaleString('en')} in all)`;
}
