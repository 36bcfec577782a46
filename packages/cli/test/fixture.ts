import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The path of a file in fixtures/. */
export function fixture(name: string): string {
  return path.join(path.dirname(fileURLToPath(import.meta.url)), 'fixtures', name);
}
