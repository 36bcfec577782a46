import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { serve } from 'vitepress';
import { launchOptions, prepare } from '../scripts/chromium.mjs';

await prepare();
const { server } = await serve({ root: fileURLToPath(new URL('.', import.meta.url)), base: '/sinkhorn/', port: 5199 });
for (const page of process.argv.slice(2)) {
  await execa(
    'npx',
    [
      '--yes',
      'lighthouse@12.8.2',
      `http://localhost:5199/sinkhorn/${page}`,
      '--quiet',
      '--output=json',
      '--output-path=/tmp/lh.json',
      '--only-categories=performance',
      `--chrome-flags=--headless=new ${launchOptions.args.join(' ')}`,
    ],
    {
      env: { ...launchOptions.env, CHROME_PATH: launchOptions.executablePath },
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
  const r = JSON.parse(await readFile('/tmp/lh.json', 'utf8'));
  const a = r.audits;
  console.log(
    page,
    r.categories.performance.score,
    ...[
      'first-contentful-paint',
      'largest-contentful-paint',
      'total-blocking-time',
      'cumulative-layout-shift',
      'speed-index',
    ].map((k) => `${k} ${a[k].displayValue} (${a[k].score})`),
  );
  console.log(
    '  observed',
    JSON.stringify(
      Object.fromEntries(
        Object.entries(a.metrics.details.items[0]).filter(
          ([k]) => /observed(First|Largest|Speed|Load|Dom)/.test(k) && !/Ts$/.test(k),
        ),
      ),
    ),
  );
  console.log(
    '  ',
    a['bootup-time']?.details?.items
      ?.slice(0, 5)
      .map((i) => `${i.url.slice(-40)} ${Math.round(i.total)}`)
      .join(' | '),
  );
  console.log(
    '  bytes',
    a['total-byte-weight']?.displayValue,
    a['network-requests'].details.items
      .map((i) => `${i.url.split('/').at(-1).slice(0, 40)}:${i.transferSize}`)
      .slice(0, 40)
      .join(' '),
  );
}
server.close();
process.exit();
