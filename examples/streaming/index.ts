/**
 * Messages larger than the node's memory for them, out and in. Each second the node publishes 10,000 bytes on
 * `sensor/<id>/report`, which its 512 bytes for packets never hold together. And it says what arrives on `demo/file`,
 * whatever its length, part by part, and its length at the end.
 *
 *     npx tsx host/cli/main.ts run build/streaming.wasm --id 7 --broker mqtt://127.0.0.1:1883
 */

import { Level, message, node, outgoing, Qos, upload, utf8 } from "../../assembly";

export { resume, stop } from "../../assembly";

const REPORT_BYTES: u32 = 10_000;
const LINE = utf8("all is well in here\n");

export function setup(): void {
  node.setup();
}

export function step(nowMs: u32): u32 {
  node.begin(nowMs);
  if (node.isNewSession()) node.subscribe(utf8("demo/file"), Qos.AT_LEAST_ONCE);
  while (node.receive()) {
    message.log(Level.INFO);
    if (message.isComplete()) node.sayNumber(Level.INFO, utf8("bytes: "), message.offset() + message.length());
  }
  if (node.isDue(nowMs) && outgoing.beginOwn(utf8("report"), Qos.AT_LEAST_ONCE)) upload.begin(REPORT_BYTES);
  while (upload.wanted() > 0) {
    const at = upload.position() % LINE.length;
    upload.write(LINE.bytes + at, LINE.length - at);
  }
  return node.finish(nowMs);
}
