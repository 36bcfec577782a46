/**
 * One Chromium for all projects of a run that test in a browser: vitest runs this as global setup of each, and the first one
 * starts it.
 */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:net';
import { chromium as playwright } from 'playwright';
import { chromium } from './chromium.mjs';

// The configuration has to name the address before anything is set up, and vitest loads this file once more for that.
process.env.SINKHORN_BROWSER ??= `ws://127.0.0.1:${await freePort()}/${randomUUID()}`;
const address = process.env.SINKHORN_BROWSER;

/** How playwright connects to it. */
export const connectOptions = { wsEndpoint: address };

/** @type {{ server: import('playwright').BrowserServer, users: number } | undefined} */
let shared;

/** Starts the browser where it does not run. */
export async function setup() {
  if (!shared) {
    const { hostname: host, port, pathname: wsPath } = new URL(address);
    const options = { ...(await chromium()), headless: true, host, port: Number(port), wsPath };
    shared = { server: await playwright.launchServer(options), users: 0 };
  }
  shared.users += 1;
}

/** Ends it where nobody uses it any more. */
export async function teardown() {
  if (!shared) return;
  shared.users -= 1;
  if (shared.users > 0) return;
  await shared.server.close();
  shared = undefined;
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
