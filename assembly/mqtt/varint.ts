/** Variable Byte Integers (5.0: 1.5.5; 3.1.1: 2.2.3): seven bits a byte, the lowest first, at most four bytes. */

/** What `readVarint` returns where the number goes on at `end`. */
export const INCOMPLETE: i32 = -2;

/** Returns the number that begins at `start`, `INCOMPLETE`, or -1 if it is too long, or longer than it need be. */
export function readVarint(start: usize, end: usize): i32 {
  let value: u32 = 0;
  let at = start;
  for (let shift: u32 = 0; shift < 28; shift += 7) {
    if (at >= end) return INCOMPLETE;
    const byte = <u32>load<u8>(at++);
    value |= (byte & 0x7f) << shift;
    // A last byte of zero adds nothing [MQTT-1.5.5-1].
    if (byte < 0x80) return byte == 0 && shift != 0 ? -1 : value;
  }
  return -1;
}

/** How many bytes the number takes. */
export function varintSize(value: u32): i32 {
  return value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x20_0000 ? 3 : 4;
}

/** Writes a number below 2^28 and returns the address behind it. */
export function writeVarint(address: usize, value: u32): usize {
  let at = address;
  let rest = value;
  while (rest > 0x7f) {
    store<u8>(at++, rest | 0x80);
    rest >>>= 7;
  }
  store<u8>(at, rest);
  return at + 1;
}
