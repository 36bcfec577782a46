/** Colours and type of every picture: one dark card, readable on a light page and on a dark one. */
export const theme = {
  background: '#0e1320',
  panel: '#141b2d',
  text: '#e8ecf4',
  muted: '#8f9bb3',
  line: '#2a3550',
  accent: '#ffb454',
  second: '#4cc9f0',
  font: 'system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif',
} as const;

/** The looks that a picture can have. */
export const themeNames = ['dark', 'light', 'print'] as const;
export type ThemeName = (typeof themeNames)[number];

type Colour = Exclude<keyof typeof theme, 'font'>;

/** What replaces each colour of the dark card. */
const others: Readonly<Record<Exclude<ThemeName, 'dark'>, Readonly<Record<Colour, string>>>> = {
  light: {
    background: '#f7f8fa',
    panel: '#ffffff',
    text: '#1c2330',
    muted: '#5a6579',
    line: '#d5dae3',
    accent: '#c2410c',
    second: '#0b7fab',
  },
  print: {
    background: '#ffffff',
    panel: '#ffffff',
    text: '#000000',
    muted: '#444444',
    line: '#bbbbbb',
    accent: '#b03000',
    second: '#00658c',
  },
};

/** What lies behind a picture in a theme: colours that are mixed with it need to know. */
export const backgroundOf = (name: ThemeName = 'dark'): string => (name === 'dark' ? theme : others[name]).background;

/** A picture in another theme: plots are drawn in the dark one, and its colours are all that differs. */
export function inTheme(svg: string, name: ThemeName): string {
  if (name === 'dark') return svg;
  const swapped = new Map(
    (Object.keys(others[name]) as Colour[]).map((colour) => [theme[colour], others[name][colour]]),
  );
  return svg.replace(/#[0-9a-f]{6}/g, (colour) => swapped.get(colour as never) ?? colour);
}
