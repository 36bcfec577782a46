/** The questions that people come with, asked of the site's search: one click opens it, one more the answer. */
import { expect, it } from 'vitest';
import { useSite } from './useSite.js';

const site = useSite({ viewport: { width: 1360, height: 1000 } });

it.each([
  ['which blur', /guide\/blur/],
  ['choose blur', /guide\/blur/],
  ['is it converged', /guide\/(numerics|troubleshooting|gradients)/],
  ['not converged', /guide\/troubleshooting/],
  ['bundler error', /guide\/(troubleshooting|install)/],
  ['webpack', /guide\/(troubleshooting|install)/],
  ['from POT', /guide\/coming-from/],
  ['from scipy', /guide\/coming-from/],
  ['from GeomLoss', /guide\/from-geomloss/],
  ['drift in CI', /guide\/recipes\/drift/],
  ['my own cost', /guide\/(losses|parameters|extending|recipes\/learned-costs)/],
])('answers "%s" with its first result', async (question, answer) => {
  const page = await site.open('index.html');
  await page.getByRole('button', { name: 'Search' }).first().click();
  await page.getByRole('searchbox').fill(question);
  const first = page.locator('.VPLocalSearchBox .results .result').first();
  await first.waitFor();
  // Results are put in order once more when the typing pauses.
  await page.waitForTimeout(500);
  await first.click();
  await page.waitForURL((url) => !url.pathname.endsWith('/index.html') && url.pathname !== '/sinkhorn/');
  expect(new URL(page.url()).pathname).toMatch(answer);
});
