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
