import { printable } from '../printable.js';

/** Text that is safe between tags and in double quotes, also of XML, which has no control characters. */
export const escaped = (text: string): string =>
  printable(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
