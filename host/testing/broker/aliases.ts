/** Topic aliases of one connection under MQTT 5.0 (3.3.2.3.4): each side gives its own, and they end with the connection. */

import type { IPublishPacket } from "mqtt-packet";

/** Those that the client gives. */
export class ClientAliases {
  readonly #topics = new Map<number, string>();

  /** The topic of a PUBLISH, which may give or use an alias up to `maximum`; undefined if the alias stands for nothing. */
  topicOf({ topic, properties }: IPublishPacket, maximum: number): string | undefined {
    const alias = properties?.topicAlias;
    if (alias === undefined) return topic;
    if (alias === 0 || alias > maximum) return undefined;
    if (topic !== "") this.#topics.set(alias, topic);
    return this.#topics.get(alias);
  }
}

/** Those that the broker gives, one to each topic while there are any left. */
export class BrokerAliases {
  /** How many the client takes: its Topic Alias Maximum. */
  maximum = 0;
  readonly #aliases = new Map<string, number>();

  /** The alias that goes along with a topic; if it `isKnown`, the topic itself need not. */
  aliasOf(topic: string): { readonly alias: number; readonly isKnown: boolean } | undefined {
    const known = this.#aliases.get(topic);
    if (known !== undefined) return { alias: known, isKnown: true };
    if (this.#aliases.size >= this.maximum) return undefined;
    const alias = this.#aliases.size + 1;
    this.#aliases.set(topic, alias);
    return { alias, isKnown: false };
  }
}
