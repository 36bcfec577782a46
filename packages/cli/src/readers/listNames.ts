/** A name, or the beginning of a very long one. */
export function shortName(name: string): string {
  return name.length <= 60 ? name : `${name.slice(0, 57)}...`;
}

/** Names with commas between them; of very many, the first and how many there are. */
export function listNames(names: readonly string[]): string {
  if (names.length <= 20) return names.map(shortName).join(', ');
  return `${names.slice(0, 10).map(shortName).join(', ')}, ... (${names.length.toLocaleString('en')} in all)`;
}
