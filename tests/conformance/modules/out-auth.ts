/** An application with an enhanced authentication, which it begins again once the configuration has a key `again`. */

import { auth, node, utf8 } from "../../../assembly";
import { config_get } from "../../../assembly/hal";

export { resume, stop } from "../../../assembly";

const AGAIN = utf8("again");


@lazy
const SCRATCH = memory.data(8, 4);

export function setup(): void {
  node.setup();
  auth.use(utf8("shared"), utf8("first"));
}

export function step(nowMs: u32): u32 {
  node.begin(nowMs);
  if (auth.isAsked()) auth.answer(utf8("secret"));
  if (config_get(AGAIN.bytes, AGAIN.length, SCRATCH, 8) > 0) auth.again(utf8("secret"));
  while (node.receive()) {}
  return node.finish(nowMs);
}
