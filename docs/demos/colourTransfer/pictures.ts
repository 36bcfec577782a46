import { withBase } from 'vitepress';

/** Photographs, pictures drawn by formulas, and whatever a visitor brings. */

/** More pixels than this are scaled down: some browsers have no larger canvas. */
const MOST_PIXELS = 16_000_000;

export interface Picture {
  readonly image: ImageData;
  /** What was done to it, if anything. */
  readonly remark?: string;
}

const WIDTH = 480;
const HEIGHT = 320;

/** A picture to choose from. */
export interface Supplied {
  readonly label: string;
  load(): Promise<Picture>;
}

export const supplied: Readonly<Record<string, Supplied>> = {
  park: { label: 'Park (photograph)', load: () => photograph('park') },
  plate: { label: 'Plate (photograph)', load: () => photograph('plate') },
  evening: { label: 'Evening (photograph)', load: () => photograph('evening') },
  lake: {
    label: 'Lake at noon (drawn)',
    load: async () => paint(['#2f7fd1', '#cfe8fb'], ['#3f7d4a', '#2c5d3a'], '#2b6fae', '#fffbe6'),
  },
  desert: {
    label: 'Desert at dusk (drawn)',
    load: async () => paint(['#3b1d5e', '#f58a4b'], ['#8f3b2e', '#4a1d2f'], '#c2573a', '#ffd9a0'),
  },
  night: {
    label: 'Night (drawn)',
    load: async () => paint(['#050a1c', '#1d3557'], ['#0f2027', '#14313a'], '#0b2239', '#e8eefc'),
  },
};

async function photograph(name: string): Promise<Picture> {
  const response = await fetch(withBase(`/photographs/${name}.jpg`));
  if (!response.ok) throw new Error(`The photograph could not be loaded: ${response.status} ${response.statusText}.`);
  return pictureOf(await createImageBitmap(await response.blob()), name);
}

/** A sky with a sun, three ranges of hills and water, with some grain, so that no two pixels are quite alike. */
function paint([high, low]: string[], [far, near]: string[], water: string, sun: string): Picture {
  const canvas = Object.assign(document.createElement('canvas'), { width: WIDTH, height: HEIGHT });
  const context = contextOf(canvas);
  const sky = context.createLinearGradient(0, 0, 0, HEIGHT * 0.7);
  sky.addColorStop(0, high);
  sky.addColorStop(1, low);
  context.fillStyle = sky;
  context.fillRect(0, 0, WIDTH, HEIGHT);
  context.fillStyle = sun;
  context.beginPath();
  context.arc(WIDTH * 0.7, HEIGHT * 0.3, 26, 0, 2 * Math.PI);
  context.fill();
  [far, near].forEach((colour, range) => {
    context.fillStyle = colour;
    context.beginPath();
    context.moveTo(0, HEIGHT);
    for (let x = 0; x <= WIDTH; x += 4) {
      const y = HEIGHT * (0.55 + 0.1 * range) + 24 * Math.sin(x / (60 - 20 * range) + range) + 9 * Math.sin(x / 17);
      context.lineTo(x, y);
    }
    context.lineTo(WIDTH, HEIGHT);
    context.fill();
  });
  const lake = context.createLinearGradient(0, HEIGHT * 0.8, 0, HEIGHT);
  lake.addColorStop(0, low);
  lake.addColorStop(1, water);
  context.fillStyle = lake;
  context.fillRect(0, HEIGHT * 0.82, WIDTH, HEIGHT * 0.18);
  const image = context.getImageData(0, 0, WIDTH, HEIGHT);
  let state = 1;
  for (let k = 0; k < image.data.length; k++) {
    state = (state * 48271) % 2147483647;
    if (k % 4 !== 3) image.data[k] += 14 * (state / 2147483647 - 0.5);
  }
  return { image };
}

/**
 * The picture in a file, scaled down where it has more than `MOST_PIXELS`.
 * @throws Error that says what is wrong with the file.
 */
export async function readPicture(file: File): Promise<Picture> {
  const bitmap = await createImageBitmap(file).catch(() => {
    throw new Error(`${file.name} cannot be read as a picture: take a PNG, JPEG, WebP or GIF file.`);
  });
  return pictureOf(bitmap, file.name);
}

function pictureOf(bitmap: ImageBitmap, name: string): Picture {
  const scale = Math.min(1, Math.sqrt(MOST_PIXELS / (bitmap.width * bitmap.height)));
  const [width, height] = [bitmap.width, bitmap.height].map((length) => Math.max(1, Math.floor(length * scale)));
  const canvas = Object.assign(document.createElement('canvas'), { width, height });
  const context = contextOf(canvas);
  context.drawImage(bitmap, 0, 0, width, height);
  const image = context.getImageData(0, 0, width, height);
  const remark =
    scale < 1
      ? `${name} has ${bitmap.width} × ${bitmap.height} pixels: scaled down to ${width} × ${height}.`
      : undefined;
  bitmap.close();
  return { image, remark };
}

function contextOf(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) throw new Error('This browser gives no canvas to draw on.');
  return context;
}
