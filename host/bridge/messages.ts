/** What a board and its bridge say to each other: the table in boards/virt-rv32/README.md. */

/** The version that a board's HELLO names. */
export const BRIDGE_VERSION = 1;

/** Types of frames. */
export const Message = {
  /** Both ways. */
  DATA: 0x01,
  CREDIT: 0x02,
  LOST: 0x03,
  /** From the board. */
  HELLO: 0x10,
  LOG: 0x11,
  OPEN: 0x12,
  CLOSE: 0x13,
  RESET: 0x14,
  SENSE: 0x15,
  /** To the board. */
  CONFIG: 0x20,
  START: 0x21,
  STATE: 0x22,
  SENSED: 0x23,
  STOP: 0x24,
} as const;

/** A board's payload, read. */
export type FromBoard =
  | { readonly message: "data"; readonly link: number; readonly bytes: Buffer }
  | { readonly message: "credit"; readonly link: number; readonly bytes: number }
  | { readonly message: "open"; readonly link: number; readonly endpoint: number; readonly window: number }
  | { readonly message: "close"; readonly link: number }
  | { readonly message: "hello"; readonly version: number }
  | { readonly message: "log"; readonly level: 0 | 1 | 2 | 3; readonly text: string }
  | { readonly message: "lost" | "reset" | "sense" };

/** Reads a frame's payload; undefined for any that no board of this version sends. */
export function readMessage(type: number, payload: Buffer): FromBoard | undefined {
  switch (type) {
    case Message.DATA:
      return payload.length < 2
        ? undefined
        : { message: "data", link: payload.readUInt16LE(0), bytes: payload.subarray(2) };
    case Message.CREDIT:
      return payload.length !== 4
        ? undefined
        : { message: "credit", link: payload.readUInt16LE(0), bytes: payload.readUInt16LE(2) };
    case Message.OPEN:
      return payload.length !== 5
        ? undefined
        : {
            message: "open",
            link: payload.readUInt16LE(0),
            endpoint: payload.readUInt8(2),
            window: payload.readUInt16LE(3),
          };
    case Message.CLOSE:
      return payload.length !== 2 ? undefined : { message: "close", link: payload.readUInt16LE(0) };
    case Message.HELLO:
      return payload.length !== 1 ? undefined : { message: "hello", version: payload.readUInt8(0) };
    case Message.LOG:
      return readLog(payload);
    case Message.LOST:
      return { message: "lost" };
    case Message.RESET:
      return { message: "reset" };
    case Message.SENSE:
      return { message: "sense" };
    default:
      return undefined;
  }
}

function readLog(payload: Buffer): FromBoard | undefined {
  const level = payload[0];
  if (level !== 0 && level !== 1 && level !== 2 && level !== 3) return undefined;
  return { message: "log", level, text: payload.toString("utf-8", 1) };
}

/** Payloads to the board. */
export function configPayload(key: string, value: string): Buffer {
  const name = Buffer.from(key);
  return Buffer.concat([Buffer.of(name.length), name, Buffer.from(value)]);
}

export interface Start {
  /** How many values of the configuration came before it. */
  readonly values: number;
  readonly endpoints: number;
  /** Of the node's random numbers: 32 bits. */
  readonly seed: number;
  readonly unixMs: number;
}

export function startPayload({ values, endpoints, seed, unixMs }: Start): Buffer {
  const payload = Buffer.alloc(14);
  payload.writeUInt8(values, 0);
  payload.writeUInt8(endpoints, 1);
  payload.writeUInt32LE(seed >>> 0, 2);
  payload.writeBigInt64LE(BigInt(unixMs), 6);
  return payload;
}

export function dataPayload(link: number, bytes: Uint8Array): Buffer {
  return Buffer.concat([u16(link), bytes]);
}

export function creditPayload(link: number, bytes: number): Buffer {
  return Buffer.concat([u16(link), u16(bytes)]);
}

/** `state`: 1 open, or the errno that closed the link. */
export function statePayload(link: number, state: number): Buffer {
  return Buffer.concat([u16(link), Buffer.of(state & 0xff)]);
}

/** `result`: 0, or an errno and no reading. */
export function sensedPayload(result: number, value: number): Buffer {
  const payload = Buffer.alloc(5);
  payload.writeInt8(result, 0);
  payload.writeInt32LE(value, 1);
  return payload;
}

function u16(value: number): Buffer {
  const field = Buffer.alloc(2);
  field.writeUInt16LE(value);
  return field;
}
