/** The subscriber whose messages the command line prints. */

import type { MqttClient } from "mqtt";
import { connectSubscriber, type SubscriberOptions } from "../subscriber.ts";
import type { Message } from "./output.ts";

export type PrintedSubscriberOptions = Omit<SubscriberOptions, "cure" | "keptForS" | "onMessage"> & {
  readonly onMessage: (message: Message) => void;
};

/** Connects and subscribes. Throws `EBROKER` if the broker is out of reach or lets nobody in, and `ETLS`. */
export function subscribe({ onMessage, ...options }: PrintedSubscriberOptions): Promise<MqttClient> {
  return connectSubscriber({
    ...options,
    cure: "check the address and that the broker runs, or leave out --broker to start one",
    onMessage: (topic, payload, { qos, retain }) =>
      onMessage({ time: new Date(), topic, payload: payload.toString("utf-8"), qos, retain }),
  });
}
