/** What a soak came to, as text. */

import type { SoakResult } from "./soak.ts";

/** Of each node, as many as are shown. */
const MOST_VIOLATIONS = 5;

export function describeResult({ nodes, evidence, ...totals }: SoakResult): string {
  const lines = [
    `SIGKILL of Mosquitto: ${totals.brokerKills}; of nodes: ${totals.nodeKills}, after which ${totals.resumed} went on from a checkpoint`,
    `sessions that Mosquitto had forgotten: ${totals.sessionsLost}`,
    row("node", "MQTT", "QoS", "readings", "acked", "dropped", "delivered", "twice", "forgotten", "LOST"),
    ...nodes.map((node) => {
      const { kind, readings, acked, dropped, delivered, duplicates, lostByBroker, lostUncounted } = node;
      const version = kind.version.level === 5 ? "5.0" : "3.1.1";
      return row(
        node.id,
        version,
        kind.qos,
        readings,
        acked,
        dropped,
        delivered,
        duplicates,
        lostByBroker,
        lostUncounted,
      );
    }),
  ];
  const sum = (of: (node: SoakResult["nodes"][number]) => number): number =>
    nodes.reduce((total, node) => total + of(node), 0);
  const columns = [
    sum(({ readings }) => readings),
    sum(({ acked }) => acked),
    sum(({ dropped }) => dropped),
    sum(({ delivered }) => delivered),
    sum(({ duplicates }) => duplicates),
    sum(({ lostByBroker }) => lostByBroker),
    sum(({ lostUncounted }) => lostUncounted),
  ];
  lines.push(row("all", "", "", ...columns));
  const within = Math.max(...nodes.map(({ lostByBrokerWithinMs }) => lostByBrokerWithinMs));
  lines.push(
    "forgotten: acknowledged by Mosquitto, which was killed before it had written them to its disk" +
      (within > 0 ? `, at most ${Math.ceil(within)} ms later` : ""),
  );
  for (const { id, violations } of nodes) {
    for (const violation of violations.slice(0, MOST_VIOLATIONS)) lines.push(`WRONG: ${id}: ${violation}`);
    if (violations.length > MOST_VIOLATIONS) lines.push(`WRONG: ${id}: … ${violations.length - MOST_VIOLATIONS} more`);
  }
  if (evidence !== undefined) lines.push(`what the nodes said and sent is in ${evidence}`);
  return lines.join("\n");
}

function row(first: string, ...rest: readonly (string | number)[]): string {
  return [first.padEnd(9), ...rest.map((cell) => String(cell).padStart(9))].join(" ");
}
