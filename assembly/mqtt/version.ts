/** Which version of MQTT this node speaks: chosen at compile time, or by the configuration at run time. */

import { config_get, Errno } from "../hal";
import { version } from "../image";
import { V4, V5 } from "../options";
import { equals, utf8 } from "../text";

const VERSION_KEY = utf8("mqtt");
const VERSION_3_1_1 = utf8("3.1.1");
const VERSION_5 = utf8("5");


@unmanaged
export class Version {
  /** Whether it is MQTT 3.1.1, where both are compiled in. */
  isFour: bool = false;
}

/** Whether this node speaks MQTT 5.0. */
@inline
export function isV5(): bool {
  return V5 ? (V4 ? !version.isFour : true) : false;
}

/**
 * Takes the version from the configuration, `3.1.1` or `5`, where the module leaves a choice; `scratch` has room for 8
 * bytes. Returns false if the configuration names neither.
 */
export function setupVersion(scratch: usize): bool {
  const length = config_get(VERSION_KEY.bytes, VERSION_KEY.length, scratch, 8);
  if (length == Errno.ENOENT) return true;
  version.isFour = equals(VERSION_3_1_1, scratch, length);
  return version.isFour || equals(VERSION_5, scratch, length);
}
