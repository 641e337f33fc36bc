/** The numbers in a node's log, in words: docs/behaviour.md has the lines, docs/abi.md the errors. */

/** Errors of the host's calls, without their sign. */
const ERRORS: ReadonlyMap<number, string> = new Map([
  [1, "not yet"],
  [2, "an argument is out of range"],
  [3, "no open handle"],
  [4, "no such endpoint, channel or key"],
  [5, "the probe or actuator failed"],
  [6, "no handle is left"],
  [7, "the value does not fit"],
  [8, "the host can't do that"],
  [9, "nothing listens there"],
  [10, "the link broke"],
  [11, "the broker closed it"],
  [12, "no answer in time"],
  [13, "no route to the broker"],
  [14, "the broker's name does not resolve"],
  [15, "the handshake of TLS or WebSocket failed"],
  [16, "the board's own network is down"],
]);

/** Return codes of CONNACK in MQTT 3.1.1 (3.2.2.3), and reason codes of MQTT 5.0 (2.4), which begin where those end. */
const REASONS: ReadonlyMap<number, string> = new Map([
  [1, "it does not speak this version of MQTT"],
  [2, "it does not take this client identifier"],
  [3, "it is unavailable"],
  [4, "user name or password is wrong"],
  [5, "not authorised"],
  [0x80, "unspecified error"],
  [0x81, "malformed packet"],
  [0x82, "protocol error"],
  [0x83, "it can't do that"],
  [0x84, "it does not speak this version of MQTT"],
  [0x85, "it does not take this client identifier"],
  [0x86, "user name or password is wrong"],
  [0x87, "not authorised"],
  [0x88, "it is unavailable"],
  [0x89, "it is busy"],
  [0x8a, "this client is banned"],
  [0x8b, "it shuts down"],
  [0x8c, "it does not know this authentication method"],
  [0x8d, "it has heard nothing for too long"],
  [0x8e, "another client has taken this identifier over"],
  [0x8f, "it does not take this topic filter"],
  [0x90, "it does not take this topic name"],
  [0x91, "the packet identifier is in use"],
  [0x92, "it does not know this packet identifier"],
  [0x93, "too many messages at once"],
  [0x94, "it does not know this topic alias"],
  [0x95, "the packet is too large"],
  [0x96, "too many messages in this time"],
  [0x97, "a quota is used up"],
  [0x98, "somebody ended the connection"],
  [0x99, "the payload is not in the format that it says"],
  [0x9a, "it retains no messages"],
  [0x9b, "it does not take this QoS"],
  [0x9c, "another server is to be used"],
  [0x9d, "the server has moved"],
  [0x9e, "it has no shared subscriptions"],
  [0x9f, "too many connections in this time"],
  [0xa0, "the connection has lasted as long as it may"],
  [0xa1, "it has no subscription identifiers"],
  [0xa2, "it has no wildcards in subscriptions"],
]);

/** Packets by the upper half of their first byte (2.2.1). */
const PACKETS = [
  ...["nothing", "CONNECT", "CONNACK", "PUBLISH", "PUBACK", "PUBREC", "PUBREL", "PUBCOMP"],
  ...["SUBSCRIBE", "SUBACK", "UNSUBSCRIBE", "UNSUBACK", "PINGREQ", "PINGRESP", "DISCONNECT", "AUTH"],
];

/** What the number of each line is. */
const LINES = new Map<string, (value: number) => string | undefined>([
  ["link closed", (value) => ERRORS.get(-value)],
  ["broker refuses", (value) => REASONS.get(value)],
  ["disconnected", (value) => (value === 0 ? "the broker gives no reason" : REASONS.get(value))],
  ["refused", (value) => REASONS.get(value)],
  ["bad packet", (value) => (value > 0xff ? undefined : `the broker's ${PACKETS[value >> 4]} breaks the standard`)],
  ["readings dropped", () => "so many in all, because the queue was full"],
  ["readings stale", () => "so many in all, because they had waited too long"],
  ["expired", () => "so many messages in all, because they had waited too long"],
  ["too large", () => "so many in all, because the broker takes no packet of their size"],
  ["readings missed", () => "so many in all, because the node ran too late"],
  ["unconfirmed", () => "so many entries that no broker has acknowledged"],
]);

/** What the number at the end of a node's log line means, or undefined where there is nothing to explain. */
export function explain(text: string): string | undefined {
  const [, line = "", number] = text.match(/^([a-z ]+): (-?\d{1,10})$/) ?? [];
  return LINES.get(line)?.(Number(number));
}

/** The line with what its number means behind it. */
export function explained(text: string): string {
  const words = explain(text);
  return words === undefined ? text : `${text} (${words})`;
}
