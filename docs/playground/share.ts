/** A link that has an example in it: its text, deflated, in the alphabet of base64url. */
import { withBase } from 'vitepress';

/** What the example becomes after the `#` of a link. */
async function pack(code: string): Promise<string> {
  const bytes = await through(new TextEncoder().encode(code), new CompressionStream('deflate-raw'));
  const text = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
  return text.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/**
 * @param packed what a link has after its `#code=`
 * @throws where it is cut short, or no link of {@link linkTo}
 */
export async function unpack(packed: string): Promise<string> {
  const text = atob(packed.replaceAll('-', '+').replaceAll('_', '/'));
  const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
  return new TextDecoder('utf-8', { fatal: true }).decode(await through(bytes, new DecompressionStream('deflate-raw')));
}

/** The address of the playground with an example in it. */
export async function linkTo(code: string): Promise<string> {
  return `${location.origin}${withBase('/guide/playground.html')}#code=${await pack(code)}`;
}

async function through(bytes: Uint8Array<ArrayBuffer>, stream: CompressionStream | DecompressionStream) {
  const response = new Response(new Blob([bytes]).stream().pipeThrough(stream));
  return new Uint8Array(await response.arrayBuffer());
}
