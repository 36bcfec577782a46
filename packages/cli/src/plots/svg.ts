import { printable } from '@sinkhorn/toolkit/printable';

/** Attributes of an SVG element; numbers are written with two decimals, undefined ones are left out. */
export type Attributes = Readonly<Record<string, string | number | undefined>>;

/** One SVG element as text. */
export function element(name: string, attributes: Attributes, ...children: readonly string[]): string {
  let text = `<${name}`;
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined) continue;
    text += ` ${key}="${typeof value === 'number' ? short(value) : escapeText(value)}"`;
  }
  return children.length === 0 ? `${text}/>` : `${text}>${children.join('')}</${name}>`;
}

/** A <text> element; its text is escaped. */
export function label(x: number, y: number, text: string, attributes: Attributes = {}): string {
  return element('text', { x, y, ...attributes }, escapeText(text));
}

/** A coordinate with at most two decimals: a hundredth of a pixel, and half the size of the file. */
export function short(value: number): string {
  return String(Math.round(value * 100) / 100);
}

/** Text that is safe between tags and in double quotes. */
function escapeText(text: string): string {
  return printable(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
