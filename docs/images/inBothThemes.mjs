import { inTheme, theme } from '../../packages/cli/dist/plots/theme.js';

/** The colours of a picture, each with that of the light theme. */
const colours = [
  ...Object.values(theme)
    .filter((value) => value.startsWith('#'))
    .map((dark) => [dark, inTheme(dark, 'light')]),
  // Third and fourth curves of the experiments.
  ['#f472b6', '#be185d'],
  ['#4ade80', '#15803d'],
].map(([dark, light], index) => ({ dark, light, name: `--theme-${index}` }));
const declare = (which) => colours.map((colour) => `${colour.name}: ${colour[which]}`).join('; ');
const style = `<style>:root { ${declare('light')} } @media (prefers-color-scheme: dark) { :root { ${declare('dark')} } }</style>`;

/** One file that is light on a light page and dark on a dark one: pages tell their pictures which they are. */
export function inBothThemes(svg) {
  if (svg.includes('--theme-0')) return svg;
  const varied = colours.reduce((text, { dark, name }) => text.replaceAll(dark, `var(${name})`), svg);
  return varied.replace(/<svg[^>]*>/, (opening) => `${opening}${style}`);
}
