import { TILE_STEP } from '@sinkhorn/core/axis-tiles';
import type { Kernel } from './kernel.js';
import { FLOOR, WORKGROUP_SIZE } from './wgsl.js';

/** What both kernels find in their uniforms, in this order: whole numbers. Places in the table are those of pairs of numbers. */
export const AXIS_WORDS = [
  'lines',
  'inner',
  'rows',
  'columns',
  'rowsPerTile',
  'columnsPerTile',
  'rowsFilled',
  'columnsFilled',
  'columnTiles',
  'columnTilts',
  'rowTilts',
  'bounds',
  /** Lines that a workgroup takes. */
  'together',
  /** Where scores begin, and the first group and tile of rows of a run. */
  'start',
  'groupStart',
  'tileStart',
  /** The bits of a float. */
  'negligible',
] as const;

/**
 * Columns of all lines of a workgroup in a tile, at most: what lines of 8 columns need. Devices clear this memory for each workgroup, which
 * with four times as much took four times as long as all else (SwiftShader).
 */
export const MOST_COLUMNS = 256;
/** Tiles that are looked at together. */
const CHUNK = 64;
/** What a tile with a score that is no number has for its largest exponent. */
const NO_NUMBER = '3.0e38f';

// ln 2 in two parts, of which the first one has few digits: products with whole numbers below 2^12 are exact.
const LN2_HIGH = 0.693359375;
const LN2_LOW = Math.fround(Math.LN2 - LN2_HIGH);

const BINDINGS = {
  scores: { binding: 0, writes: false },
  table: { binding: 'table', writes: false },
  largest: { binding: 'partials', writes: true },
  main: { binding: 'main', writes: true },
} as const;

/** Numbers are read and written as bits, as WGSL has neither infinities nor NaN. */
const TYPES = { scores: 'u32', table: 'vec2<f32>', largest: 'f32', main: 'u32' } as const;

const kernel = (
  names: readonly (keyof typeof BINDINGS)[],
  declarations: readonly string[],
  body: readonly string[],
): Kernel => ({
  arrays: [],
  parameters: [],
  bindings: names.map((name) => BINDINGS[name]),
  code: [
    `struct Given { ${AXIS_WORDS.map((word) => `${word}: u32,`).join(' ')} }`,
    '@group(0) @binding(0) var<uniform> given: Given;',
    ...names.map(
      (name, index) =>
        `@group(0) @binding(${index + 1}) var<storage, ${BINDINGS[name].writes ? 'read_write' : 'read'}> ${name}: array<${TYPES[name]}>;`,
    ),
    `const NOTHING = ${FLOOR};`,
    'fn isNumber(bits: u32) -> bool { return (bits & 0x7f800000u) != 0x7f800000u; }',
    'fn exponentOf(score: f32) -> f32 { return round(score * 1.4426950408889634f); }',
    'fn beginning(line: u32, length: u32) -> u32 { return line / given.inner * given.inner * length + line % given.inner; }',
    ...declarations,
    `@compute @workgroup_size(${WORKGROUP_SIZE})`,
    'fn reduceRows(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {',
    ...body.map((line) => `  ${line}`),
    '}',
  ].join('\n'),
});

/** A kernel for the largest exponent of each line in each tile of its columns: a thread for each. */
export const largestExponents = (): Kernel =>
  kernel(
    ['scores', 'largest'],
    [],
    [
      `let index = (given.groupStart + group.x) * ${WORKGROUP_SIZE}u + thread;`,
      'if (index >= given.lines * given.columnTiles) { return; }',
      'let first = index / given.lines * given.columnsPerTile;',
      'let last = min(given.columns, first + given.columnsPerTile);',
      'let place = given.start + beginning(index % given.lines, given.columns);',
      'var most = NOTHING;',
      'for (var column = first; column < last; column++) {',
      '  let bits = scores[place + column * given.inner];',
      '  if (isNumber(bits)) { most = max(most, exponentOf(bitcast<f32>(bits))); }',
      `  else if (bits != 0xff800000u) { most = ${NO_NUMBER}; }`,
      '}',
      'largest[index] = most;',
    ],
  );

/**
 * A kernel for softmaxes along an axis: a workgroup takes some lines, in one tile of rows. Scores become factors and whole exponents
 * of two. Of each tile of columns that is not negligible for all of these lines, columns are tilted (`axisTiles`), once for all rows; a
 * thread brings them to their largest exponent, multiplies them with a table for four rows of a line, and brings these sums to the largest
 * exponent that the rows have seen. So exponentials are taken once a node and tile and not once a pair, and what is large stays exact.
 */
export const tiledSoftmax = (): Kernel =>
  kernel(
    ['scores', 'table', 'largest', 'main'],
    [
      `var<workgroup> tilted: array<vec2<f32>, ${MOST_COLUMNS}>;`,
      `var<workgroup> seen: array<f32, ${WORKGROUP_SIZE}>;`,
      `var<workgroup> marked: array<atomic<u32>, ${CHUNK / 32}>;`,
      `var<workgroup> kept: array<u32, ${CHUNK}>;`,
      'var<workgroup> count: u32;',
      // Of whole numbers up to 0.
      'fn power(x: f32) -> f32 { return bitcast<f32>(u32(i32(max(x, -127.0f)) + 127i) << 23u); }',
      'fn powers(x: vec4<f32>) -> vec4<f32> { return vec4<f32>(power(x.x), power(x.y), power(x.z), power(x.w)); }',
    ],
    [
      // A thread stays with a line.
      'let together = given.together;',
      'let own = thread % together;',
      'let line = (given.groupStart + group.x) * together + own;',
      'let others = thread / together;',
      `let step = ${WORKGROUP_SIZE}u / together;`,
      'let shares = others < step && line < given.lines;',
      'let place = given.start + beginning(line, given.columns);',
      'let rowTile = given.tileStart + group.y;',
      // Of a pair of tiles; it goes down by one for each further tile of columns.
      'let difference = rowTile + given.columnTiles - 1u;',
      '',
      // What is largest, for sure, in the rows of a line.
      'var least = NOTHING;',
      'if (shares) {',
      '  for (var tile = others; tile < given.columnTiles; tile += step) {',
      '    least = max(least, largest[tile * given.lines + line] - table[given.bounds + difference - tile].y);',
      '  }',
      '}',
      'seen[thread] = least;',
      'workgroupBarrier();',
      'for (var k = 0u; k < step; k++) { least = max(least, seen[k * together + own]); }',
      'let isNone = least > 1.0e38f;',
      'least -= bitcast<f32>(given.negligible);',
      '',
      // Four rows of the line.
      `let works = shares && others * ${TILE_STEP}u < given.rowsFilled;`,
      'let tileEntries = together * given.columnsFilled;',
      `let tilesAtOnce = ${MOST_COLUMNS}u / tileEntries;`,
      'var sums = vec4<f32>();',
      'var exponents = vec4<f32>(NOTHING);',
      `for (var chunk = 0u; chunk < given.columnTiles; chunk += ${CHUNK}u) {`,
      `  if (thread < ${CHUNK / 32}u) { atomicStore(&marked[thread], 0u); }`,
      '  workgroupBarrier();',
      '  if (shares) {',
      `    let end = min(given.columnTiles, chunk + ${CHUNK}u);`,
      '    for (var tile = chunk + others; tile < end; tile += step) {',
      '      let most = largest[tile * given.lines + line];',
      '      if (most > NOTHING && most - table[given.bounds + difference - tile].x >= least) {',
      '        atomicOr(&marked[(tile - chunk) / 32u], 1u << ((tile - chunk) % 32u));',
      '      }',
      '    }',
      '  }',
      '  workgroupBarrier();',
      '  if (thread == 0u) {',
      '    var number = 0u;',
      `    for (var word = 0u; word < ${CHUNK / 32}u; word++) {`,
      '      for (var bits = atomicLoad(&marked[word]); bits != 0u; bits &= bits - 1u) {',
      '        kept[number] = chunk + 32u * word + firstTrailingBit(bits);',
      '        number++;',
      '      }',
      '    }',
      '    count = number;',
      '  }',
      '  let number = workgroupUniformLoad(&count);',
      '  for (var first = 0u; first < number; first += tilesAtOnce) {',
      '    let end = min(number, first + tilesAtOnce);',
      '    if (shares) {',
      '      for (var k = first; k < end; k++) {',
      '        let column = kept[k] * given.columnsPerTile;',
      '        let here = min(given.columnsPerTile, given.columns - column);',
      '        let tilts = given.columnTilts + (difference - kept[k]) * given.columnsFilled;',
      '        let into = (k - first) * tileEntries + own;',
      '        for (var within = others; within < given.columnsFilled; within += step) {',
      '          var value = vec2<f32>(0.0f, NOTHING);',
      '          if (within < here) {',
      '            let bits = scores[place + (column + within) * given.inner];',
      '            if (isNumber(bits)) {',
      '              let score = bitcast<f32>(bits);',
      '              let exponent = exponentOf(score);',
      '              let tilt = table[tilts + within];',
      // Of scores such as -1e30 what is left is rounding alone.
      `              let left = clamp((score - exponent * ${LN2_HIGH}f) - exponent * ${LN2_LOW}f, -0.35f, 0.35f);`,
      '              value = vec2<f32>(exp(left) * tilt.x, exponent + tilt.y);',
      '            }',
      '          }',
      '          tilted[into + within * together] = value;',
      '        }',
      '      }',
      '    }',
      '    workgroupBarrier();',
      '    if (works) {',
      '      for (var k = first; k < end; k++) {',
      '        let begin = (k - first) * tileEntries + own;',
      '        var highest = NOTHING;',
      '        for (var column = 0u; column < given.columnsFilled; column++) {',
      '          highest = max(highest, tilted[begin + column * together].y);',
      '        }',
      '        var found = vec4<f32>();',
      '        var weight = 2u * others * given.columnsFilled;',
      '        for (var column = 0u; column < given.columnsFilled; column++) {',
      '          let value = tilted[begin + column * together];',
      '          found += value.x * power(value.y - highest) * vec4<f32>(table[weight], table[weight + 1u]);',
      '          weight += 2u;',
      '        }',
      `        let tilts = given.rowTilts + (difference - kept[k]) * given.rowsFilled + ${TILE_STEP}u * others;`,
      '        let pairs = array<vec2<f32>, 4>(table[tilts], table[tilts + 1u], table[tilts + 2u], table[tilts + 3u]);',
      '        let here = highest + vec4<f32>(pairs[0].y, pairs[1].y, pairs[2].y, pairs[3].y);',
      '        let most = max(exponents, here);',
      '        let factors = found * vec4<f32>(pairs[0].x, pairs[1].x, pairs[2].x, pairs[3].x);',
      '        sums = sums * powers(exponents - most) + factors * powers(here - most);',
      '        exponents = most;',
      '      }',
      '    }',
      '    workgroupBarrier();',
      '  }',
      '}',
      '',
      'if (works) {',
      '  let into = beginning(line, given.rows);',
      `  for (var k = 0u; k < ${TILE_STEP}u; k++) {`,
      `    let within = ${TILE_STEP}u * others + k;`,
      '    let row = rowTile * given.rowsPerTile + within;',
      '    if (within < given.rowsPerTile && row < given.rows) {',
      `      let value = exponents[k] * ${LN2_HIGH}f + (exponents[k] * ${LN2_LOW}f + log(sums[k]));`,
      '      let bits = select(bitcast<u32>(value), 0xff800000u, sums[k] == 0.0f);',
      '      main[into + row * given.inner] = select(bits, 0x7fc00000u, isNone);',
      '    }',
      '  }',
      '}',
    ],
  );
