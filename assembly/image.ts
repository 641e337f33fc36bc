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

import { ALIAS_BYTES } from "./mqtt/alias";
import { Auth } from "./mqtt/auth";
import { CLIENT_ID_BYTES, ClientId } from "./mqtt/client-id";
import { Connection, OUTPUT_CAPACITY } from "./mqtt/connection";
import { Fault } from "./mqtt/fault";
import { Limits } from "./mqtt/limits";
import { InboundMessage } from "./mqtt/message";
import { Properties, PROPERTY_VALUES_BYTES } from "./mqtt/property";
import { Received } from "./mqtt/received";
import { Continuity, Exchange, Session } from "./mqtt/session";
import { Requests } from "./mqtt/subscribe";
import { Version } from "./mqtt/version";
import { Backoff } from "./node/backoff";
import { Commands } from "./node/command";
import { Draft } from "./node/draft";
import { Durability } from "./node/durability";
import { BASE_CAPACITY, Identity } from "./node/identity";
import { LINE_CAPACITY } from "./node/log";
import { Watch } from "./node/online";
import { Outbox } from "./node/outbox";
import { Destination } from "./node/policy";
import { ENTRY_BYTES, Queue } from "./node/queue";
import { PACKET_CAPACITY, Packet, Template } from "./node/reading";
import { Schedule } from "./node/schedule";
import { SensorState } from "./node/sensor";
import { Sleep } from "./node/sleep";
import { Upload } from "./node/upload";
import { Uptime } from "./node/uptime";
import { OUTBOX, QUEUE_CAPACITY, RECEIVE_CAPACITY, RECEIVE_MAXIMUM, WILL } from "./options";

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


@lazy
export const exchange = changetype<Exchange>(memory.data(offsetof<Exchange>(), 4));


@lazy
export const received = changetype<Received>(memory.data(offsetof<Received>(), 4));


@lazy
export const version = changetype<Version>(memory.data(offsetof<Version>(), 4));


@lazy
export const limits = changetype<Limits>(memory.data(offsetof<Limits>(), 4));


@lazy
export const template = changetype<Template>(memory.data(offsetof<Template>(), 4));


@lazy
export const fault = changetype<Fault>(memory.data(offsetof<Fault>(), 4));


@lazy
export const continuity = changetype<Continuity>(memory.data(offsetof<Continuity>(), 4));


@lazy
export const properties = changetype<Properties>(memory.data(offsetof<Properties>(), 8));


@lazy
export const clientId = changetype<ClientId>(memory.data(offsetof<ClientId>(), 4));


@lazy
export const auth = changetype<Auth>(memory.data(offsetof<Auth>(), 4));


@lazy
export const destination = changetype<Destination>(memory.data(offsetof<Destination>(), 4));


@lazy
export const uptime = changetype<Uptime>(memory.data(offsetof<Uptime>(), 4));


@lazy
export const draft = changetype<Draft>(memory.data(offsetof<Draft>(), 4));


@lazy
export const outbox = changetype<Outbox>(memory.data(offsetof<Outbox>(), 4));


@lazy
export const upload = changetype<Upload>(memory.data(offsetof<Upload>(), 4));


@lazy
export const durability = changetype<Durability>(memory.data(offsetof<Durability>(), 4));


@lazy
export const sleep = changetype<Sleep>(memory.data(offsetof<Sleep>(), 4));

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

/** The number in each property that was read last, or where its text lies. */
@lazy
export const PROPERTY_VALUES: usize = memory.data(PROPERTY_VALUES_BYTES, 4);

/** Identifiers of messages under QoS 2 that are not released. */
@lazy
export const IDENTIFIERS: usize = memory.data(2 * RECEIVE_MAXIMUM, 2);

/** Topics that the broker has given an alias. */
@lazy
export const ALIAS_TOPICS: usize = memory.data(ALIAS_BYTES, 2);

/** The client identifier that the broker assigned. */
@lazy
export const CLIENT_ID: usize = memory.data(CLIENT_ID_BYTES, 1);

/** When each entry of the queue was taken, in the node's own seconds. */
@lazy
export const QUEUED_AT: usize = memory.data(QUEUE_CAPACITY * 4, 4);

/** The application's own messages. */
@lazy
export const OUTBOX_BYTES: usize = memory.data(OUTBOX, 4);

/** The application's own will. */
@lazy
export const WILL_MESSAGE: usize = memory.data(WILL, 4);
