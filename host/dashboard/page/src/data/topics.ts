/** Topic names and topic filters: what may be one, and which matches which (MQTT 3.1.1 and 5.0, 4.7). */

const MAX_BYTES = 65_535;

/** Why a text is no topic to publish on, or undefined if it is one. */
export function topicError(topic: string): string | undefined {
  const common = textError(topic, "A topic");
  if (common !== undefined) return common;
  if (/[+#]/.test(topic)) return "A topic to publish on has no wildcards: + and # are for subscribing.";
  if (topic.startsWith("$")) return "Topics that begin with $ are the broker's own.";
  return undefined;
}

/** Why a text is no topic filter, or undefined if it is one. */
export function filterError(filter: string): string | undefined {
  const common = textError(filter, "A topic filter");
  if (common !== undefined) return common;
  const levels = filter.split("/");
  if (levels.some((level) => level.includes("#") && level !== "#") || levels.slice(0, -1).includes("#")) {
    return "# stands alone, as the last level: sensor/#.";
  }
  if (levels.some((level) => level.includes("+") && level !== "+")) {
    return "+ stands for one whole level: sensor/+/status.";
  }
  return undefined;
}

function textError(text: string, what: string): string | undefined {
  if (text === "") return `${what} has at least one character.`;
  if (text.includes("\0")) return `${what} has no null character.`;
  if (new TextEncoder().encode(text).length > MAX_BYTES) return `${what} has at most 65,535 bytes.`;
  return undefined;
}
