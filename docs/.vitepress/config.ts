import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { type DefaultTheme, defineConfig, type MarkdownRenderer } from 'vitepress';
import { address } from '../../scripts/setRepository.mjs';
import { foldingTables } from '../markdown/foldingTables';
import { runnableExamples } from '../markdown/runnableExamples';
import { shownChecks } from '../markdown/shownChecks';
import { tablesBehind } from '../markdown/tablesBehind';
import { paintBeforeScripts } from './paintBeforeScripts';

const docs = fileURLToPath(new URL('..', import.meta.url));
/** Where the site will be served from, such as /sinkhorn/: it has to start and to end with a slash. */
const base = process.env.SITE_BASE ?? '/';
if (!/^\/(.*\/)?$/.test(base)) throw new Error(`SITE_BASE is '${base}': it has to start and to end with a slash`);

// Workers may share memory, and the wasm backend uses all cores, in pages that are isolated so.
const isolated = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

/** Pages with a demo, with wide tables or with wide diagrams. */
const WIDE_PAGES =
  /^(demos\/(?!index|source)|benchmarks\.md|experiments\/(time-against-size|flows-2d)|guide\/architecture)/;

export default defineConfig({
  title: 'sinkhorn',
  description: 'Geometric losses between weighted point clouds, in TypeScript, for the browser and Node',
  base,
  lang: 'en',
  cleanUrls: false,
  lastUpdated: false,
  srcExclude: ['experiments/results/**', 'guide/support-table.md', 'README.md', 'typedocReadme.md'],
  markdown: {
    math: true,
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-default' },
    config: (markdown) => {
      markdown.core.ruler.push('repository-links', moveRepositoryLinks);
      markdown.use(runnableExamples).use(foldingTables).use(tablesBehind).use(shownChecks);
    },
  },
  transformPageData: ({ relativePath, frontmatter }) => {
    if (!WIDE_PAGES.test(relativePath)) return;
    // No outline beside it: style.css gives the width to the page.
    frontmatter.aside = false;
    frontmatter.pageClass = 'wide';
  },
  buildEnd: paintBeforeScripts,
  head: [['link', { rel: 'icon', href: `${base}icon.svg`, type: 'image/svg+xml' }]],
  themeConfig: {
    search: {
      provider: 'local',
      options: {
        miniSearch: {
          searchOptions: {
            // Both travel to the page as text, and can use nothing from outside of themselves.
            /** People ask for what to do: the guide answers before the reference and the tables. */
            boostDocument: (page: string) =>
              page.includes('/guide/') ? 4 : /\/(api|benchmarks)/.test(page) ? 0.25 : 1,
            /** What a question has beside its subject. */
            processTerm: (term: string) =>
              /^(a|an|the|is|it|in|on|of|to|do|i|my)$/i.test(term) ? null : term.toLowerCase(),
          },
        },
      },
    },
    socialLinks: [{ icon: 'github', link: address() }],
    outline: [2, 3],
    nav: [
      { text: 'Guide', link: '/guide/tour', activeMatch: '/guide/' },
      { text: 'Demos', link: '/demos/', activeMatch: '/demos/' },
      { text: 'Experiments', link: '/experiments/', activeMatch: '/experiments/' },
      { text: 'Benchmarks', link: '/benchmarks' },
      { text: 'API', link: '/reference', activeMatch: '/(api|reference)' },
    ],
    sidebar: {
      '/guide/': guide(),
      '/demos/': [
        {
          text: 'Demos',
          items: [
            { text: 'All demos', link: '/demos/' },
            { text: 'Gradient flow', link: '/demos/gradient-flow' },
            { text: 'Colour transfer', link: '/demos/colour-transfer' },
            { text: 'Registration of scans', link: '/demos/registration' },
            { text: 'From transport to kernels', link: '/demos/interpolation' },
            { text: 'Barycenters of pictures', link: '/demos/barycenters' },
            { text: 'Two-sample test', link: '/demos/two-sample-test' },
            { text: 'Your machine', link: '/demos/your-machine' },
          ],
        },
      ],
      '/experiments/': [
        {
          text: "The paper's experiments",
          items: [
            { text: 'What is reproduced', link: '/experiments/' },
            { text: 'Flows on a line', link: '/experiments/flows-1d' },
            { text: 'Flows in the plane', link: '/experiments/flows-2d' },
            { text: 'Time against temperature', link: '/experiments/time-against-temperature' },
            { text: 'Time against size', link: '/experiments/time-against-size' },
            { text: 'Limits and bias', link: '/experiments/limits' },
          ],
        },
      ],
      '/api/': apiSidebar(),
      '/reference': apiSidebar(),
    },
    footer: { message: 'MIT licence. The mathematics is that of Feydy et al., AISTATS 2019.' },
  },
  vite: {
    // The demos run on the sources of the packages, so that no build has to come first.
    resolve: { conditions: ['source'] },
    ssr: { noExternal: [/^@sinkhorn\//, 'sinkhorn'] },
    optimizeDeps: { exclude: ['sinkhorn', '@sinkhorn/backend-wasm', '@sinkhorn/backend-webgpu'] },
    worker: { format: 'es' },
    build: { chunkSizeWarningLimit: 1500 },
    server: { headers: isolated },
    preview: { headers: isolated },
  },
});

function guide(): DefaultTheme.SidebarItem[] {
  const page = (text: string, name: string) => ({ text, link: `/guide/${name}` });
  return [
    {
      text: 'Begin',
      items: [
        page('What this is', 'what'),
        page('Install', 'install'),
        page('Five-minute tour', 'tour'),
        page('Playground', 'playground'),
        page('Troubleshooting', 'troubleshooting'),
      ],
    },
    {
      text: 'Choose',
      items: [
        page('A loss', 'losses'),
        page('The blur', 'blur'),
        page('p, reach and tolerance', 'parameters'),
        page('A backend', 'backends'),
        page('What runs where', 'support'),
      ],
    },
    {
      text: 'Use',
      items: [
        page('Weights and batches', 'measures'),
        page('Histograms, images and volumes', 'grids'),
        page('Gradients', 'gradients'),
        page('Plans and maps', 'plans'),
        page('Barycenters', 'barycenters'),
        page('Tests, drift, registration, colours', 'toolkit'),
        page('Beyond one machine', 'fleets'),
        page('Second derivatives', 'second-derivatives'),
        page('Large data', 'large-data'),
        ...(existsSync(`${docs}guide/tfjs/index.md`) ? [{ text: 'TensorFlow.js', link: '/guide/tfjs/' }] : []),
      ],
    },
    {
      text: 'Recipes',
      items: [
        page('All recipes', 'recipes/'),
        page('Drift in CI', 'recipes/drift'),
        page('Embeddings', 'recipes/embeddings'),
        page('Registration', 'recipes/registration'),
        page('Colours', 'recipes/colours'),
        page('Images and digits', 'recipes/digits'),
        page('Barycenters', 'recipes/barycenters'),
        page('A generator in TensorFlow.js', 'tfjs/generator'),
        page('Cells over time', 'recipes/cells'),
        page('Truncated Newton', 'recipes/newton'),
        page('Learned costs', 'recipes/learned-costs'),
        page('React and a worker', 'recipes/react'),
        page('One HTML file', 'recipes/html'),
        page('Deno and Bun', 'recipes/deno-bun'),
      ],
    },
    {
      text: 'Extend',
      items: [page('A cost, a loss, a penalty, a backend', 'extending'), page('Making a backend fast', 'fast-backend')],
    },
    {
      text: 'Know',
      items: [
        page('Numerics and precision', 'numerics'),
        page('Conventions and converters', 'conventions'),
        page('Coming from GeomLoss', 'from-geomloss'),
        page('Coming from POT, OTT, scipy', 'coming-from'),
      ],
    },
  ];
}

/** What typedoc wrote beside the pages; before it has run there is no reference to list. */
function apiSidebar(): DefaultTheme.SidebarItem[] {
  const file = `${docs}api/typedoc-sidebar.json`;
  const packages: DefaultTheme.SidebarItem[] = existsSync(file) ? createRequire(import.meta.url)(file) : [];
  const first = packages.filter(({ text }) => text === 'sinkhorn');
  const others = packages.filter(({ text }) => text !== 'sinkhorn');
  return [{ text: 'By task', link: '/reference' }, ...first, ...others];
}

/** Documents of the repository that are pages of the site too: their links start at the root of the repository. */
function moveRepositoryLinks(state: Parameters<Parameters<MarkdownRenderer['core']['ruler']['push']>[1]>[0]): void {
  if (!['guide/contributing.md', 'guide/architecture.md'].includes(state.env.relativePath)) return;
  for (const token of state.tokens) {
    let dropped = false;
    token.children =
      token.children?.filter((child) => {
        if (child.type === 'link_open') {
          const [file, fragment] = (child.attrGet('href') ?? '').split('#');
          const page = { 'ARCHITECTURE.md': 'architecture.md', 'CONTRIBUTING.md': 'contributing.md' }[file];
          if (page) child.attrSet('href', `./${page}${fragment ? `#${fragment}` : ''}`);
          // Of a link to what is no page the text is kept.
          dropped = !page && file !== '' && !/^https?:/.test(file);
        }
        return !(dropped && child.type.startsWith('link_'));
      }) ?? null;
  }
}
