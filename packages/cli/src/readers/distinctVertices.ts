/** Tells vertices that were there before from new ones. */
export interface DistinctVertices {
  /** Whether a vertex is new, and remembers it; three numbers, none of them NaN. */
  add(x: number, y: number, z: number): boolean;
  /** How many different ones were added. */
  readonly size: number;
}

/**
 * So many tables that none takes more than some milliseconds to grow, so that an interrupt is noticed in between; they grow one by one.
 * One Set of texts would end at 2^24 vertices, and take ten times the memory.
 */
const TABLES = 1024;
const FIRST_SLOTS = 64;
const FULLEST = 0.7;

/** A hash table with open addressing: three numbers a slot, NaN where it is empty. */
interface Table {
  keys: Float32Array | Float64Array;
  used: number;
}

/** An empty set of vertices, whose coordinates are kept in this precision. */
export function distinctVertices(precision: 'float32' | 'float64'): DistinctVertices {
  const Numbers = precision === 'float32' ? Float32Array : Float64Array;
  const tables = new Array<Table | undefined>(TABLES);
  const emptyTable = (slots: number): Table => ({ keys: new Numbers(3 * slots).fill(Number.NaN), used: 0 });
  const numbers = new Float64Array(3);
  const bits = new Uint32Array(numbers.buffer);
  /** MurmurHash3 of the three numbers: coordinates have few bits that differ, at both ends of their words. */
  const hash = (): number => {
    let h = 0;
    for (let k = 0; k < 6; k++) {
      let word = Math.imul(bits[k], 0xcc9e2d51);
      word = Math.imul((word << 15) | (word >>> 17), 0x1b873593);
      h ^= word;
      h = (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
    }
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    return (h ^ (h >>> 16)) >>> 0;
  };
  let size = 0;

  /** Puts what is in `numbers` into a table with room; false where it is there. */
  const put = (table: Table, code: number): boolean => {
    const { keys } = table;
    const [x, y, z] = [numbers[0], numbers[1], numbers[2]];
    const slots = keys.length / 3;
    // The table was chosen by the lowest bits.
    let slot = Math.floor(code / TABLES) % slots;
    for (;;) {
      const at = 3 * slot;
      const key = keys[at];
      if (Number.isNaN(key)) {
        keys[at] = x;
        keys[at + 1] = y;
        keys[at + 2] = z;
        table.used++;
        return true;
      }
      if (key === x && keys[at + 1] === y && keys[at + 2] === z) return false;
      slot = slot + 1 === slots ? 0 : slot + 1;
    }
  };
  const grown = ({ keys }: Table): Table => {
    const larger = emptyTable((2 * keys.length) / 3);
    for (let at = 0; at < keys.length; at += 3) {
      if (Number.isNaN(keys[at])) continue;
      for (let d = 0; d < 3; d++) numbers[d] = keys[at + d];
      put(larger, hash());
    }
    return larger;
  };

  return {
    add(x, y, z) {
      const take = (): number => {
        // -0 and 0 are one place.
        numbers[0] = x + 0;
        numbers[1] = y + 0;
        numbers[2] = z + 0;
        return hash();
      };
      let code = take();
      const place = code % TABLES;
      let table = tables[place];
      if (!table || table.used > (FULLEST * table.keys.length) / 3) {
        table = table ? grown(table) : emptyTable(FIRST_SLOTS);
        tables[place] = table;
        code = take();
      }
      const isNew = put(table, code);
      if (isNew) size++;
      return isNew;
    },
    get size() {
      return size;
    },
  };
}
