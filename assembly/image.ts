/**
 * The image: everything that the node knows, in the order in which it lies in memory. There is no other state.
 *
 *     8    what every step touches: an address below 64 takes a byte less wherever it is used
 *     …    the other state
 *     …    buffers
 *     …    constant text
 *
 * Each class is described where it is used. A node is a fresh image, all zeros but for its text, that `setup` was called
 * on; whoever keeps these bytes keeps the node.
 */

import { Connection, OUTPUT_CAPACITY } from "./mqtt/connection";
import { InboundMessage } from "./mqtt/message";
import { Session } from "./mqtt/session";
import { Requests } from "./mqtt/subscribe";
import { Backoff } from "./node/backoff";
import { Commands } from "./node/command";
import { BASE_CAPACITY, Identity } from "./node/identity";
import { LINE_CAPACITY } from "./node/log";
import { Watch } from "./node/online";
import { ENTRY_BYTES, Queue } from "./node/queue";
import { PACKET_CAPACITY, Packet } from "./node/reading";
import { Schedule } from "./node/schedule";
import { SensorState } from "./node/sensor";
import { QUEUE_CAPACITY, RECEIVE_CAPACITY } from "./options";

export const connection = changetype<Connection>(memory.data(offsetof<Connection>(), 4));
export const session = changetype<Session>(memory.data(offsetof<Session>(), 4));
export const queue = changetype<Queue>(memory.data(offsetof<Queue>(), 4));
export const schedule = changetype<Schedule>(memory.data(offsetof<Schedule>(), 4));
export const packet = changetype<Packet>(memory.data(offsetof<Packet>(), 4));
export const sensorState = changetype<SensorState>(memory.data(offsetof<SensorState>(), 4));
export const SAMPLE: usize = memory.data(4, 4);

export const watch = changetype<Watch>(memory.data(offsetof<Watch>(), 4));
export const backoff = changetype<Backoff>(memory.data(offsetof<Backoff>(), 4));
export const identity = changetype<Identity>(memory.data(offsetof<Identity>(), 4));


@lazy
export const inbound = changetype<InboundMessage>(memory.data(offsetof<InboundMessage>(), 4));


@lazy
export const requests = changetype<Requests>(memory.data(offsetof<Requests>(), 4));


@lazy
export const commands = changetype<Commands>(memory.data(offsetof<Commands>(), 4));

/** Bytes that arrived and were not handled yet. Aligned, for the one comparison that most steps make. */
export const RECEIVE: usize = memory.data(RECEIVE_CAPACITY, 4);
/** The packet of a reading. */
export const PACKET: usize = memory.data(PACKET_CAPACITY, 1);
/** `sensor/<id>/`. */
export const BASE: usize = memory.data(BASE_CAPACITY, 1);
/** A line of the log. */
export const LINE: usize = memory.data(LINE_CAPACITY, 1);
/** Readings that are not acknowledged yet. */
export const RING: usize = memory.data(QUEUE_CAPACITY * ENTRY_BYTES, 8);
/** Packets on their way out. */
export const OUTPUT: usize = memory.data(OUTPUT_CAPACITY, 1);
