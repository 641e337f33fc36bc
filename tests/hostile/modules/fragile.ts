/**
 * A node with a fault, one of those that the suite must find. It receives bytes and, when PINGRESP comes, with which every
 * broker says that it is there, does what `FAULT` says:
 *
 *     1   traps
 *     2   writes the byte behind its image
 *     3   writes far behind its image
 *     4   reads the byte behind its image and lets its next step follow from it
 *     5   writes over a constant
 *     6   sends without end
 *     0   nothing: without a fault, the suite has nothing to say
 */

import { net_close, net_open, net_recv, net_send, net_state, random } from "../../../assembly/hal";

export { resume, stop };

const CONSTANT = memory.data<u8>([1, 2, 3, 4]);
const HANDLE = memory.data(4, 4);
const BYTES = memory.data(16, 4);

export function setup(): void {
  store<i32>(HANDLE, -1);
}

export function step(nowMs: u32): u32 {
  const handle = load<i32>(HANDLE);
  if (handle < 0) {
    store<i32>(HANDLE, net_open(0));
    return 100;
  }
  if (net_state(handle) < 0) {
    net_close(handle);
    store<i32>(HANDLE, -1);
    return 100;
  }
  if (net_recv(handle, BYTES, 16) > 1 && load<u16>(BYTES) == 0x00d0) return fail();
  return 100 + load<u8>(CONSTANT, 3);
}

function fail(): u32 {
  if (FAULT == 1) unreachable();
  if (FAULT == 2) store<u8>((__heap_base + 7) & ~7, random());
  if (FAULT == 3) store<u8>(40_000, 1);
  if (FAULT == 4) return load<u8>((__heap_base + 7) & ~7);
  if (FAULT == 6) while (net_send(load<i32>(HANDLE), BYTES, 1) >= 0) {}
  if (FAULT == 5) store<u8>(CONSTANT, 7, 3);
  return 100;
}

function resume(nowMs: u32, sleptMs: u32): void {
  store<i32>(HANDLE, -1);
}

function stop(): void {}
