/** One node of a fleet, recorded as `wasmote run --trace` records one: which node it is, and the file that its trace goes to. */

import type { LoadedModule } from "../engine/module.ts";
import { WasmoteError } from "../errors.ts";
import { RecordedInstance } from "../trace/recorded-instance.ts";
import { TraceRecorder } from "../trace/recorder.ts";
import { Secrets } from "../trace/secrets.ts";
import { TraceFile } from "../trace/trace-file.ts";
import type { CreateInstance } from "./images.ts";
import { groupAssignment } from "./membership.ts";
import type { FleetSettings } from "./messages.ts";
import { groupConfig, indexOfId, nodeId, type Shard } from "./plan.ts";

/** What was asked for: the node that the broker knows by that id. */
export interface NodeTrace {
  readonly id: string;
  readonly file: string;
}

/** The same as workers are told. */
export interface Recording {
  /** The node's, in the whole fleet. */
  readonly index: number;
  readonly file: string;
}

/** Throws `EUSAGE` unless the node is one of the shard's. */
export function recordingOf(
  { id, file }: NodeTrace,
  { nodes, shard, idPrefix }: { readonly nodes: number; readonly shard: Shard; readonly idPrefix: string },
): Recording {
  const index = indexOfId(id, idPrefix);
  if (index < 0 || index >= nodes) {
    const ids = [0, nodes - 1].map((each) => nodeId(idPrefix, each));
    throw new WasmoteError("EUSAGE", "usage", `there is no node "${id}" to record in this fleet`, {
      cure: nodes === 1 ? `its only node is ${ids[0]}` : `its nodes are ${ids.join(" to ")}`,
    });
  }
  const home = index % shard.count;
  if (home === shard.index) return { index, file };
  throw new WasmoteError("EUSAGE", "usage", `node ${id} is not in shard ${shard.index}/${shard.count}`, {
    cure: `record it with shard ${home}/${shard.count}, or another node here`,
  });
}

/** Makes the file, or empties it. Throws `ETRACESECRET` or `ETRACEFILE` if the node can't be recorded. */
export function checkRecording(settings: FleetSettings, recording: Recording): void {
  secretsOf(settings, recording);
  new TraceFile(recording.file).close();
}

export interface RecordingParts {
  readonly settings: FleetSettings;
  readonly recording: Recording;
  readonly module: LoadedModule;
  /** The file can't be written to: the node goes on, and no more of it is recorded. */
  readonly onLost: (error: WasmoteError) => void;
}

/** What records a node. */
export class RecordedNode {
  readonly #file: TraceFile;
  readonly #recorder: TraceRecorder;

  /** Throws as `checkRecording` does. */
  constructor({ settings, recording, module, onLost }: RecordingParts) {
    const secrets = secretsOf(settings, recording);
    const file = new TraceFile(recording.file);
    this.#file = file;
    this.#recorder = new TraceRecorder({
      metadata: module.metadata,
      secrets,
      unixMs: Date.now(),
      write: (bytes) => {
        try {
          file.write(bytes);
        } catch (error) {
          if (!(error instanceof WasmoteError)) throw error;
          onLost(error);
        }
      },
    });
  }

  /** The instance that has no other node's turns. */
  readonly createInstance: CreateInstance = (module, board) =>
    new RecordedInstance(module, board, () => this.#recorder);

  close(): void {
    this.#file.close();
  }
}

function secretsOf({ scenario, config }: FleetSettings, { index }: Recording): Secrets {
  const group = scenario.groups[groupAssignment(scenario.groups)(index)];
  return new Secrets(group === undefined ? new Map() : groupConfig(group, config));
}
