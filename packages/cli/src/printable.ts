/** Text of a file made safe for a terminal and for XML: control characters and lone surrogates are written as \u001b. */
export function printable(text: string): string {
  // Line ends and tabs stay: the command's own tables and messages have them.
  return text.replace(/[^\P{C}\n\t]/gu, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
