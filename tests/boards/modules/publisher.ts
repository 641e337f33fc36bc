/** The least that an MQTT 3.1.1 broker takes for a node: CONNECT, then a QoS 1 PUBLISH every 100 ms, then DISCONNECT. */

import { log, net_close, net_open, net_recv, net_send, net_state, sensor_read } from "../../../assembly/hal";

const CONNECT = memory.data<u8>([
  0x10, 0x0d, 0x00, 0x04, 0x4d, 0x51, 0x54, 0x54, 0x04, 0x02, 0x00, 0x3c, 0x00, 0x01, 0x37,
]);
// Topic "t", packet identifier 1, payload "0000".
const PUBLISH = memory.data<u8>([0x32, 0x09, 0x00, 0x01, 0x74, 0x00, 0x01, 0x30, 0x30, 0x30, 0x30]);
const DISCONNECT = memory.data<u8>([0xe0, 0x00]);
const FAILED = memory.data<u8>([0x64, 0x6f, 0x77, 0x6e]);
const STATE = memory.data(8);
const BUFFER = memory.data(64);
const ENDED: u32 = 0xffffffff;


@unmanaged
class State {
  /** 0 closed, 1 connecting, 2 connected, 3 leaving. */
  phase: u8;
  waiting: u8;
  nextMs: u32;
}
const state = changetype<State>(STATE);

export function setup(): void {}

export function step(nowMs: u32): u32 {
  if (state.phase === 3) {
    net_send(0, DISCONNECT, 2);
    net_close(0);
    return ENDED;
  }
  if (state.phase === 0) {
    if (net_open(0) < 0) return 50;
    state.phase = 1;
  }
  if (state.phase === 1) {
    const link = net_state(0);
    if (link === 0) return 1000;
    if (link < 0) return down();
    net_send(0, CONNECT, 15);
    state.phase = 2;
    state.waiting = 1;
    state.nextMs = nowMs;
    return 1000;
  }
  const length = net_recv(0, BUFFER, 64);
  if (length < 0) return down();
  if (length > 0) state.waiting = 0;
  if (state.waiting) return 1000;
  const leftMs = <i32>(state.nextMs - nowMs);
  if (leftMs > 0) return leftMs;
  state.nextMs += 100;
  let value: i32 = sensor_read(0, STATE + 8) < 0 ? 0 : load<i32>(STATE + 8) / 10;
  for (let i = 10; i > 6; i--) {
    store<u8>(PUBLISH + i, 0x30 + (value % 10));
    value /= 10;
  }
  net_send(0, PUBLISH, 11);
  state.waiting = 1;
  return 1000;
}

function down(): u32 {
  log(2, FAILED, 4);
  net_close(0);
  state.phase = 0;
  return 50;
}

export function resume(nowMs: u32, sleptMs: u32): void {
  state.phase = 0;
}

export function stop(): void {
  state.phase = 3;
}
