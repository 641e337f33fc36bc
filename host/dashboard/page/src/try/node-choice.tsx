import type { NodeRecord } from "../data/store.ts";

interface NodeChoiceProps {
  readonly nodes: readonly NodeRecord[];
  readonly id: string;
  choose(id: string): void;
}

/** Which node a step is about. Where there are very many, an id is typed. */
const MOST_LISTED = 200;

export function NodeChoice({ nodes, id, choose }: NodeChoiceProps) {
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: it has one of the two.
    <label class="field inline">
      <span>Node</span>
      {nodes.length > MOST_LISTED ? (
        <input value={id} onChange={(event) => choose(event.currentTarget.value.trim())} size={8} />
      ) : (
        <select value={id} onChange={(event) => choose(event.currentTarget.value)}>
          {nodes.map((node) => (
            <option key={node.id} value={node.id}>
              {node.id}
            </option>
          ))}
        </select>
      )}
    </label>
  );
}
