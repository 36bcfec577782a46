// The main job on real input: `npm start` builds and runs it. Pictures go to output/ at the root of the repository.
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bunnyAndDragon } from './bunnyAndDragon.mjs';
import { penguins } from './penguins.mjs';

const output = fileURLToPath(new URL('../../../output/', import.meta.url));
await mkdir(output, { recursive: true });
const startedAt = performance.now();
await bunnyAndDragon(output);
await penguins(output);
console.log(`\nAll done in ${((performance.now() - startedAt) / 1000).toFixed(1)} s; the pictures are in output/.`);
