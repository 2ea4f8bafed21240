/** Where something is on earth, as LOC says it (RFC 1876 § 2, § 3). */

const LOCATION = new RegExp(
  [
    String.raw`^(\d{1,2})(?: (\d{1,2})(?: (\d{1,2}(?:\.\d{1,3})?))?)? ([NS])`,
    String.raw` (\d{1,3})(?: (\d{1,2})(?: (\d{1,2}(?:\.\d{1,3})?))?)? ([EW])`,
    String.raw` (-?\d{1,8}(?:\.\d{1,2})?)m?`,
    String.raw`(?: (\d{1,8}(?:\.\d{1,2})?)m?)?`,
    String.raw`(?: (\d{1,8}(?:\.\d{1,2})?)m?)?`,
    String.raw`(?: (\d{1,8}(?:\.\d{1,2})?)m?)?$`,
  ].join(''),
  'i',
);

/** Of size, horizontal and vertical precision, in metres. */
const DEFAULTS = ['1', '10000', '10'] as const;
/** The equator, and the prime meridian. */
const MIDDLE = 2 ** 31;
/** Altitudes are counted from 100 km below the sea, in cm. */
const SEA_CM = 10_000_000;
/** Thousandths of a second of arc. */
const [SECOND, MINUTE, DEGREE] = [1000, 60_000, 3_600_000] as const;
const OCTETS = 16;

/** Undefined: it is none. */
export function locationOctets(text: string): Uint8Array | undefined {
  const [, ...parts] = LOCATION.exec(text) ?? [];
  const [latitude, longitude] = [angleOf(parts.slice(0, 4), 90), angleOf(parts.slice(4, 8), 180)];
  const altitude = Math.round(Number(parts[8]) * 100) + SEA_CM;
  if (latitude === undefined || longitude === undefined) return undefined;
  if (!(altitude >= 0 && altitude < 2 ** 32)) return undefined;
  const octets = new Uint8Array(OCTETS);
  const data = new DataView(octets.buffer);
  for (const [i, value] of DEFAULTS.entries()) octets[i + 1] = sizeOctet(parts[9 + i] ?? value);
  data.setUint32(4, latitude);
  data.setUint32(8, longitude);
  data.setUint32(12, altitude);
  return octets;
}

/** Undefined: another version, or what no text says. */
export function locationText(octets: Uint8Array): string | undefined {
  if (octets.length !== OCTETS || octets[0] !== 0) return undefined;
  const data = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
  const latitude = angleText(data.getUint32(4), 90, 'N', 'S');
  const longitude = angleText(data.getUint32(8), 180, 'E', 'W');
  const sizes = [...octets.subarray(1, 4)].map(sizeText);
  if (latitude === undefined || longitude === undefined) return undefined;
  if (sizes.includes(undefined)) return undefined;
  const altitude = ((data.getUint32(12) - SEA_CM) / 100).toFixed(2);
  return [latitude, longitude, `${altitude}m`, ...sizes].join(' ');
}

/** Degrees, minutes, seconds, and the direction. */
function angleOf(parts: readonly (string | undefined)[], degreesMax: number): number | undefined {
  const [degrees, minutes = '0', seconds = '0', direction = ''] = parts;
  if (degrees === undefined || Number(minutes) > 59 || Number(seconds) >= 60) return undefined;
  const whole = Number(degrees) * DEGREE + Number(minutes) * MINUTE;
  const angle = whole + Math.round(Number(seconds) * SECOND);
  if (angle > degreesMax * DEGREE) return undefined;
  return 'NE'.includes(direction.toUpperCase()) ? MIDDLE + angle : MIDDLE - angle;
}

function angleText(
  value: number,
  degreesMax: number,
  plus: string,
  minus: string,
): string | undefined {
  const angle = Math.abs(value - MIDDLE);
  if (angle > degreesMax * DEGREE) return undefined;
  const [degrees, minutes] = [Math.floor(angle / DEGREE), Math.floor((angle % DEGREE) / MINUTE)];
  const seconds = ((angle % MINUTE) / SECOND).toFixed(3);
  return `${degrees} ${minutes} ${seconds} ${value < MIDDLE ? minus : plus}`;
}

/** Metres as one digit of centimetres and a power of ten, each in half an octet. */
function sizeOctet(metres: string): number {
  const cm = Math.round(Number(metres) * 100);
  const power = cm === 0 ? 0 : Math.min(9, String(cm).length - 1);
  return (Math.floor(cm / 10 ** power) << 4) | power;
}

function sizeText(octet: number): string | undefined {
  const [digit, power] = [octet >> 4, octet & 15];
  if (digit > 9 || power > 9 || (digit === 0 && power > 0)) return undefined;
  return `${((digit * 10 ** power) / 100).toFixed(2)}m`;
}
