import { InputError } from '../inputError.js';
import type { ColumnChoice } from './columnChoice.js';
import { inTurns } from './inTurns.js';
import { describeValue, get, isArray, isObject, type JsonObject, type JsonValue } from './jsonValue.js';
import { listNames } from './listNames.js';
import type { PointCloud } from './pointCloud.js';
import { pointSink } from './pointSink.js';
import type { Source } from './source.js';

const types = [
  'FeatureCollection',
  'Feature',
  'GeometryCollection',
  'Point',
  'MultiPoint',
  'LineString',
  'MultiLineString',
  'Polygon',
  'MultiPolygon',
];

const axes = ['longitude', 'latitude', 'altitude'];

/** Whether a JSON document is GeoJSON. */
export function isGeoJson(document: JsonObject): boolean {
  const type = get(document, 'type');
  return typeof type === 'string' && types.includes(type);
}

/** A point, with the properties of the feature that it belongs to, and how messages begin that are about it; without a position where the feature has none. */
interface Place {
  readonly where: string;
  readonly position: readonly JsonValue[] | undefined;
  readonly properties?: JsonObject;
}

/**
 * Reads the points of a GeoJSON document: Point and MultiPoint, alone, in features or in collections.
 *
 * A feature without a geometry, or whose point has no coordinates, is a row of missing numbers. The coordinates are longitude, latitude and, where the first point has one, altitude. Properties of features can be
 * chosen as columns and as weights.
 */
export async function readGeoJson(source: Source, document: JsonObject, choice: ColumnChoice): Promise<PointCloud> {
  const file = source.name;
  const places: Place[] = [];
  const features = get(document, 'type') === 'FeatureCollection' ? get(document, 'features') : [document];
  if (!isArray(features)) throw new InputError(`${file}: "features" is ${describeValue(features)}; expected an array`);
  await inTurns(features.length, source.signal, (i) => {
    collect(file, features.length === 1 ? '' : `feature ${i + 1}: `, features[i], places);
  });
  if (places.length === 0) throw new InputError(`${file}: it holds no points`);
  const positions = places.flatMap(({ position }) => (position ? [position] : []));
  checkLatitudes(file, places);
  const width = positions[0]?.length ?? 2;
  if (width < 2 || width > 3)
    throw new InputError(`${file}: point 1 has ${width} numbers; expected longitude, latitude and perhaps altitude`);
  const defaults = axes.slice(0, width);
  const properties = places[0].properties?.keys ?? [];
  const names = [...defaults, ...properties.filter((name) => !defaults.includes(name))];
  const sink = pointSink(file, names, choice, { defaults });
  await inTurns(places.length, source.signal, (i) => {
    const { position, properties: own } = places[i];
    if (position && position.length !== width)
      throw new InputError(`${file}: point ${i + 1} has ${position.length} numbers and the first one has ${width}`);
    sink.row([...(position ?? defaults.map(() => null)), ...names.slice(width).map((name) => own && get(own, name))]);
  });
  const isGlobe = positions.every(([longitude, latitude]) => {
    return Math.abs(Number(longitude)) <= 360 && Math.abs(Number(latitude)) <= 90;
  });
  return sink.finish([
    isGlobe
      ? `${file}: longitude and latitude are taken as they are: lengths are in degrees`
      : `${file}: some points are no longitude and latitude in degrees: lengths are in the unit of the file`,
  ]);
}

/**
 * Refuses a latitude beyond 90 where all coordinates may be degrees. Coordinates of a map, in metres, are none, and are taken as
 * they are, though the format has no such (RFC 7946, section 4).
 */
function checkLatitudes(file: string, places: readonly Place[]): void {
  const within = (axis: number, bound: number) =>
    places.every(({ position }) => !position || Math.abs(Number(position[axis])) <= bound);
  if (within(1, 90) || !within(0, 180) || !within(1, 180)) return;
  const index = places.findIndex(({ position }) => position && Math.abs(Number(position[1])) > 90);
  const { where, position = [] } = places[index];
  const remedy = within(0, 90) ? 'GeoJSON has the longitude first: are the two swapped?' : 'correct it;';
  throw new InputError(
    `${file}: ${where || `point ${index + 1}: `}the latitude ${position[1]} is beyond 90; ${remedy} coordinates that are no degrees can be given as JSON rows, [[x, y], ...]`,
  );
}

function collect(
  file: string,
  where: string,
  value: JsonValue | undefined,
  places: Place[],
  properties?: JsonObject,
): void {
  const type = isObject(value) ? get(value, 'type') : undefined;
  const refuse = (what: string): never => {
    throw new InputError(`${file}: ${where}${what}; only Point and MultiPoint are read`);
  };
  if (!isObject(value) || typeof type !== 'string') {
    refuse(`there is ${describeValue(value)} and no geometry`);
    return;
  }
  const coordinates = get(value, 'coordinates');
  const positionOf = (position: JsonValue | undefined): readonly JsonValue[] =>
    isArray(position) ? position : refuse(`"coordinates" holds ${describeValue(position)}`);
  switch (type) {
    case 'Feature': {
      const own = get(value, 'properties');
      const geometry = get(value, 'geometry');
      const ownProperties = isObject(own) ? own : undefined;
      if (geometry === null) places.push({ where, position: undefined, properties: ownProperties });
      else collect(file, where, geometry, places, ownProperties);
      return;
    }
    case 'Point':
      {
        const position = positionOf(coordinates);
        places.push({ where, position: position.length === 0 ? undefined : position, properties });
      }
      return;
    case 'MultiPoint':
      for (const position of positionOf(coordinates))
        places.push({ where, position: positionOf(position), properties });
      return;
    case 'GeometryCollection': {
      const geometries = get(value, 'geometries');
      if (isArray(geometries)) for (const geometry of geometries) collect(file, where, geometry, places, properties);
      else refuse('"geometries" is no array');
      return;
    }
    default:
      refuse(`there is a ${listNames([type])}`);
  }
}
