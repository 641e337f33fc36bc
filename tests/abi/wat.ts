/** Small modules in the text format, right or wrong in one point. */

import binaryen from "assemblyscript/binaryen";
import { addMetadata } from "../../host/module/metadata.ts";

/** What a module needs besides what a test is about. */
const PARTS = {
  memory: '(memory (export "memory") 1 1)',
  setup: '(func (export "setup"))',
  step: '(func (export "step") (param i32) (result i32) (i32.const 0))',
  resume: '(func (export "resume") (param i32 i32))',
  stop: '(func (export "stop"))',
};

export interface WatOptions extends Partial<typeof PARTS> {
  readonly imageSize?: number;
}

export const IMAGE_SIZE = 64;

/** `body` first, then every part that is not given otherwise, with metadata. */
export function fromWat(body: string, { imageSize = IMAGE_SIZE, ...parts }: WatOptions = {}): Uint8Array {
  const module = binaryen.parseText(`(module ${body} ${Object.values({ ...PARTS, ...parts }).join(" ")})`);
  module.setFeatures(binaryen.Features.All);
  const wasm = module.emitBinary();
  module.dispose();
  return addMetadata(wasm, { imageSize, layoutId: 1 });
}
