/** Plays a binary script under V8. What it returns is the line that `wasmote-script` prints for the same script. */

import type { LoadedModule } from "../../../host/engine/module.ts";
import { Player, type Result } from "./player.ts";
import { Record } from "./script.ts";

/**
 * `onEvent` gets each line that `wasmote-script --print` would show. Throws `NodeBroke` if the node breaks, `RangeError`
 * if the script is wrong.
 */
export function play(module: LoadedModule, script: Buffer, onEvent?: (line: string) => void): Result {
  const player = new Player(module);
  player.board.onEvent = onEvent;
  let at = 0;
  const bytes = (length: number): Buffer => {
    at += length;
    if (at > script.length) throw new RangeError("the script is cut off");
    return script.subarray(at - length, at);
  };
  const u8 = (): number => bytes(1).readUInt8();
  const i8 = (): number => bytes(1).readInt8();
  const u16 = (): number => bytes(2).readUInt16LE();
  const u32 = (): number => bytes(4).readUInt32LE();

  while (at < script.length) {
    const type = u8();
    if (type === Record.STEP) player.step(u32());
    else if (type === Record.RESUME) player.resume(u32(), u32());
    else if (type === Record.STOP) player.stop();
    else if (type === Record.FRESH) player.fresh();
    else {
      player.apply((board) => {
        if (type === Record.RX) board.receive(bytes(u16()));
        else if (type === Record.CLOSE) board.closeLink(i8());
        else if (type === Record.OPEN) board.openLink();
        else if (type === Record.SEND_CAP) board.sendCap = u16();
        else if (type === Record.RECV_CAP) board.recvCap = u16();
        else if (type === Record.SENSOR) board.setSensor(u32() | 0);
        else if (type === Record.SENSOR_ERROR) board.sensorError = i8();
        else if (type === Record.CONFIG) board.setConfig(bytes(u8()).toString(), bytes(u8()).toString());
        else if (type === Record.SEED) board.seed(u32());
        else if (type === Record.CLOCK) board.clockUnixMs = Number(bytes(8).readBigInt64LE());
        else throw new RangeError(`unknown record type ${type}`);
      });
    }
  }
  return player.result;
}
