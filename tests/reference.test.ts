/** The page of the API by task has a line for everything that users call. */
import { readFileSync } from 'node:fs';
import * as sinkhorn from 'sinkhorn';
import * as toolkit from 'sinkhorn/toolkit';
import { expect, test } from 'vitest';

const page = readFileSync(new URL('../docs/reference.md', import.meta.url), 'utf8');

test.each([...new Set([...Object.keys(sinkhorn), ...Object.keys(toolkit)])])('%s has a line', (name) => {
  expect(page).toContain(`- [\`${name}\`](./api/`);
});
