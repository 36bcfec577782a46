/** What the start page, the demos and the recipes have to show, each with the picture of its name in public/thumbnails. */
export interface GalleryItem {
  readonly title: string;
  readonly text: string;
  /** From the root of the site. */
  readonly link: string;
  readonly thumbnail: string;
  /** In the dark, where the thumbnail has no colours for it. */
  readonly dark?: string;
}

export const demos: readonly GalleryItem[] = [
  demo('Gradient flow', 'Draw two shapes, and watch points flow under six losses', 'gradient-flow'),
  demo('Colour transfer', 'Give one picture the colours of another', 'colour-transfer'),
  demo('Registration of scans', 'Lay one scan over another, or bend a bunny into a dragon', 'registration'),
  demo('From transport to kernels', 'Move the blur, and see the plan change', 'interpolation'),
  demo('Barycenters of pictures', 'What lies between three shapes', 'barycenters'),
  demo('Two-sample test', 'Drop two CSV files: do they differ, and where?', 'two-sample-test'),
  demo('Your machine', 'How fast each backend is here', 'your-machine'),
];

export const recipes: readonly GalleryItem[] = [
  recipe('Drift in CI', "Fail a build when today's table is no longer like the reference", 'drift'),
  recipe('Embeddings', "Has a model's space moved, and which points did?", 'embeddings'),
  recipe('Registration', 'One scan onto another, with outliers', 'registration'),
  recipe('Colours', 'One picture in the colours of another', 'colours'),
  recipe('Images and digits', 'Compare small images, and map a set of them', 'digits'),
  recipe('Barycenters', 'Averages of shapes and images', 'barycenters'),
  {
    title: 'A generator in TensorFlow.js',
    text: 'Train a network to make points like yours',
    link: '/guide/tfjs/generator',
    thumbnail: 'recipe-generator.svg',
  },
  recipe('Cells over time', 'Which cells grew, and where they went', 'cells'),
  recipe('Truncated Newton', 'Bend a scan onto another in six steps', 'newton'),
  recipe('Learned costs', 'Learn how much each feature counts', 'learned-costs'),
  recipe('React and a worker', 'Keep a page alive while it computes', 'react'),
  recipe('One HTML file', 'A page without a build', 'html'),
  recipe('Deno and Bun', 'The same code in other runtimes', 'deno-bun'),
];

function demo(title: string, text: string, name: string): GalleryItem {
  return {
    title,
    text,
    link: `/demos/${name}`,
    thumbnail: `demo-${name}.jpg`,
    dark: `demo-${name}-dark.jpg`,
  };
}

function recipe(title: string, text: string, name: string): GalleryItem {
  return { title, text, link: `/guide/recipes/${name}`, thumbnail: `recipe-${name}.svg` };
}
