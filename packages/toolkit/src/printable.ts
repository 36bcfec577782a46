/** Control characters, half surrogates, marks that change the direction of text, and the ends of lines and paragraphs. */
const unprintable = /[\p{C}\u2028\u2029]/gu;

/** Text of a file or of the user made safe for a terminal, a page and XML: unprintable characters are written as \u001b. */
export function printable(text: string): string {
  return text.replace(unprintable, escaped);
}

/** The same for text of several lines: their ends stay, and so do tabs. */
export function printableLines(text: string): string {
  return text.replace(unprintable, (found) => (found === '\n' || found === '\t' ? found : escaped(found)));
}

/** A JSON document that is safe on a terminal: it means the same, for JSON has the same escapes. */
export function printableJson(document: unknown): string {
  return printableLines(JSON.stringify(document, null, 2));
}

function escaped(found: string): string {
  // By code units: JSON has no escapes for more than four digits.
  return found
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
}
