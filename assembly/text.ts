/**
 * Text as MQTT carries it [MQTT-1.5.3]: two length bytes, most significant first, then UTF-8. A packet takes such a text
 * with one copy.
 */

import { copy } from "./memory";

/** Constant text, or text in a buffer. It is never moved and never freed. */
@global
@unmanaged
export class Text {
  /** Bytes of UTF-8, the length itself not counted. */
  @inline get length(): i32 {
    return readU16(changetype<usize>(this));
  }

  /** Where the UTF-8 begins. */
  @inline get bytes(): usize {
    return changetype<usize>(this) + 2;
  }
}

/** Text that the build puts into the module, as a constant: `utf8("online")`. It takes a literal (host/build/literals.ts). */
export declare function utf8(literal: string): Text;

/** Swaps the two lowest bytes and keeps whatever lies above them out of the second: MQTT sends high bytes first. */
@inline
export function swapBytes(value: u32): u32 {
  return ((value & 0xff) << 8) | (value >>> 8);
}

/** Reads 16 bits, most significant byte first, as MQTT sends every integer. */
export function readU16(address: usize): i32 {
  return swapBytes(load<u16>(address));
}

/** Writes 16 bits, most significant byte first, and returns the address behind them. */
export function writeU16(address: usize, value: i32): usize {
  store<u16>(address, swapBytes(value));
  return address + 2;
}

/** Writes one byte and returns the address behind it. */
@inline
export function writeU8(address: usize, value: i32): usize {
  store<u8>(address, value);
  return address + 1;
}

/** Writes the UTF-8 of a text, without its length, and returns the address behind it. */
export function writeBytes(address: usize, text: Text): usize {
  return copy(address, text.bytes, text.length);
}

/** Writes a text with its length, and returns the address behind it. */
export function writeText(address: usize, text: Text): usize {
  return writeBytes(writeU16(address, text.length), text);
}

/** Whether `length` bytes at `address` are this very text. Compares bytes: MQTT knows no normalisation [MQTT-4.7.3-4]. */
export function equals(text: Text, address: usize, length: i32): bool {
  if (text.length != length) return false;
  const bytes = text.bytes;
  for (let i = 0; i < length; i++) {
    if (load<u8>(bytes + i) != load<u8>(address + i)) return false;
  }
  return true;
}

/** Writes an unsigned number in decimal and returns the address behind it. At most 10 bytes. */
export function writeDecimal(address: usize, value: u32): usize {
  let end = address;
  let rest = value;
  do {
    end++;
    rest /= 10;
  } while (rest != 0);
  let digit = end;
  rest = value;
  do {
    store<u8>(--digit, 0x30 + (rest % 10));
    rest /= 10;
  } while (rest != 0);
  return end;
}

/** Reads an unsigned decimal number of 1 to 9 digits. Returns -1 if the bytes are anything else. */
export function readDecimal(address: usize, length: i32): i32 {
  if (length < 1 || length > 9) return -1;
  let value = 0;
  for (let i = 0; i < length; i++) {
    const digit = <u32>load<u8>(address + i) - 0x30;
    if (digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}
