/** Pixels of a letter, as a share of the size of its type, of the widest system fonts in use; and of letters as wide as they are high. */
const LETTER = 0.56;
const BOLD_LETTER = 0.63;
const WIDE_LETTER = 1.1;
const wide = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\u{1f300}-\u{1faff}]/u;

/** Text that is no wider than this, with the middle left out where it has to be: ends of file names tell as much as their beginnings. */
export function fitting(text: string, width: number, size: number, bold = false): string {
  const letterWidth = bold ? BOLD_LETTER : LETTER;
  const letters = [...text];
  const widths = letters.map((letter) => size * (wide.test(letter) ? WIDE_LETTER : letterWidth));
  let all = widths.reduce((sum, each) => sum + each, 0);
  if (all <= width) return text;
  let [from, to] = [Math.floor(letters.length / 2), Math.floor(letters.length / 2)];
  for (all += size * WIDE_LETTER; all > width && to - from < letters.length; ) {
    // The longer side loses the next letter.
    if (from >= letters.length - to) all -= widths[--from];
    else all -= widths[to++];
  }
  return `${letters.slice(0, from).join('')}…${letters.slice(to).join('')}`;
}
