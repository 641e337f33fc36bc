/** What becomes of each module of this folder, on a board and under V8. */

/** What a board does with a module; `says` is in its log. */
export interface BoardOutcome {
  readonly end: "refused" | "trapped" | "watchdog" | "ran";
  readonly says: string;
}

/** What `loadModule()` and the first calls under V8 come to. */
export interface HostOutcome {
  /** The code of the error, or that there was none. */
  readonly end: string | "ran" | "not run";
  /** A part of the error's message. */
  readonly says: string;
}

export interface Outcome {
  readonly board: BoardOutcome;
  readonly host: HostOutcome;
}

const refuses = (says: string): BoardOutcome => ({ end: "refused", says });
const breaksRule = (how: string): BoardOutcome => refuses(`breaks the rule that a node is an image: ${how}`);
const engineRefuses = (why: string): BoardOutcome => refuses(`wasm3 does not take the module: ${why}`);
const traps = (trap: string): BoardOutcome => ({ end: "trapped", says: `[trap] ${trap}` });
const throws = (code: string, says: string): HostOutcome => ({ end: code, says });

const WATCHDOG: BoardOutcome = { end: "watchdog", says: "the module did not return" };
/** Nothing of it is outside what the engine may do. */
const ENDS = { end: "ran", says: "" } as const;
/** Nothing in its own thread ends a module that loops: of a fleet's, the process that started it does (tests/fleet). */
const NOT_RUN: HostOutcome = { end: "not run", says: "" };

/**
 * By the file's name. Where V8 runs what a board does not, it is by V8's nature: its memory is a whole page, its functions may
 * have any number of locals, and a name is nothing to it.
 */
export const OUTCOMES: Readonly<Record<string, Outcome>> = {
  "body-of-2-gib": {
    board: breaksRule("its code is malformed"),
    host: throws("EMODULE", "the module is not valid WebAssembly"),
  },
  "body-of-another-type": {
    board: engineRefuses("incorrect type on stack"),
    host: throws("EMODULE", "the module is not valid WebAssembly"),
  },
  "copy-of-4-gib": { board: traps("out of bounds memory access"), host: throws("ETRAP", "trap in step()") },
  "copy-past-image": {
    board: traps("out of bounds memory access"),
    host: throws("ECANARY", "the module wrote at 64, outside its image of 64 bytes"),
  },
  "count-of-data": {
    board: breaksRule("its data is not at constant addresses"),
    host: throws("EMODULE", "not a WebAssembly module: it ends in the middle of a section"),
  },
  "count-of-exports": {
    board: engineRefuses("underrun while parsing Wasm binary"),
    host: throws("EMODULE", "not a WebAssembly module: it ends in the middle of a section"),
  },
  "count-of-functions": {
    board: breaksRule("its functions are malformed"),
    host: throws("EMODULE", "not a WebAssembly module: it ends in the middle of a section"),
  },
  "count-of-imports": {
    board: breaksRule("its imports are malformed"),
    host: throws("EMODULE", "not a WebAssembly module: it ends in the middle of a section"),
  },
  "count-of-types": {
    board: breaksRule("its types are malformed"),
    host: throws("EMODULE", "not a WebAssembly module: it ends in the middle of a section"),
  },
  "data-below-zero": {
    board: breaksRule("it has data at 4294967292, outside its image"),
    host: throws("EIMAGE", "it has data at -4, outside its image"),
  },
  "data-past-image": {
    board: breaksRule("it has data at 62, outside its image"),
    host: throws("EIMAGE", "it has data at 62, outside its image"),
  },
  "deep-nesting": { board: ENDS, host: ENDS },
  "divide-by-zero": { board: traps("integer divide by zero"), host: throws("ETRAP", "trap in step()") },
  "element-wraps": {
    board: breaksRule("its table's elements are malformed"),
    host: throws("EMODULE", "the module is not valid WebAssembly"),
  },
  empty: {
    board: refuses("not a WebAssembly module: it does not begin with the WebAssembly header"),
    host: throws("EMODULE", "not a WebAssembly module: it does not begin with the WebAssembly header"),
  },
  "endless-loop-in-setup": { board: WATCHDOG, host: NOT_RUN },
  "endless-loop": { board: WATCHDOG, host: NOT_RUN },
  "endless-recursion": { board: traps("stack overflow"), host: throws("ETRAP", "trap in step()") },
  "export-out-of-range": {
    board: engineRefuses("malformed Wasm binary"),
    host: throws("EIMAGE", "it does not export its memory"),
  },
  "fill-of-4-gib": { board: traps("out of bounds memory access"), host: throws("ETRAP", "trap in step()") },
  "grow-by-minus-one": { board: traps("the module resized its memory"), host: ENDS },
  "grow-by-one": { board: traps("out of bounds memory access"), host: throws("ETRAP", "trap in step()") },
  "header-alone": {
    board: refuses("not a wasmote module: it carries no metadata"),
    host: throws("EMODULE", "not a wasmote module: it carries no metadata"),
  },
  "header-of-version-2": {
    board: refuses("not a WebAssembly module: it does not begin with the WebAssembly header"),
    host: throws("EMODULE", "not a WebAssembly module: it does not begin with the WebAssembly header"),
  },
  "import-not-in-abi": {
    board: breaksRule("it imports system, which is not in the ABI"),
    host: throws("EIMAGE", "it imports env.system, which is not in the ABI"),
  },
  "import-of-another-type": {
    board: engineRefuses("function signature mismatch"),
    host: throws("EIMAGE", "its import log has other parameters or results"),
  },
  "import-of-memory": {
    board: breaksRule("it imports memory, which is not in the ABI"),
    host: throws("EIMAGE", "it has no memory"),
  },
  "indirect-far-out-of-range": { board: traps("undefined element"), host: throws("ETRAP", "trap in step()") },
  "indirect-of-another-type": { board: traps("indirect call type mismatch"), host: throws("ETRAP", "trap in step()") },
  "indirect-of-nothing": { board: traps("undefined element"), host: throws("ETRAP", "trap in step()") },
  "indirect-out-of-range": { board: traps("undefined element"), host: throws("ETRAP", "trap in step()") },
  "length-of-4-gib": {
    board: traps("out of bounds memory access"),
    host: throws("ETRAP", "trap in step(): net_recv was given 4294967295 bytes at 8, outside the image of 64 bytes"),
  },
  "length-of-six-bytes": {
    board: refuses("not a WebAssembly module: it ends in the middle of a section"),
    host: throws("EMODULE", "not a WebAssembly module: a number is longer than 32 bits"),
  },
  "load-offset-wraps": { board: traps("out of bounds memory access"), host: throws("ETRAP", "trap in step()") },
  "load-past-image": { board: traps("out of bounds memory access"), host: ENDS },
  "load-past-page": { board: traps("out of bounds memory access"), host: throws("ETRAP", "trap in step()") },
  "many-parameters": {
    board: breaksRule("a function has more than 16 parameters and results"),
    host: throws("EIMAGE", "a function has more than 16 parameters and results"),
  },
  "memory-of-two-pages": {
    board: breaksRule("its memory is not one page that cannot grow"),
    host: throws("EIMAGE", "its memory is not one page that cannot grow"),
  },
  "memory-without-end": {
    board: breaksRule("its memory is not one page that cannot grow"),
    host: throws("EIMAGE", "its memory is not one page that cannot grow"),
  },
  "metadata-cut-short": {
    board: refuses("not a wasmote module: it carries no metadata"),
    host: throws("EMODULE", "not a wasmote module: it carries no metadata"),
  },
  "metadata-last": {
    board: refuses("not a wasmote module: it carries no metadata"),
    host: throws("EMODULE", "not a wasmote module: it carries no metadata"),
  },
  "metadata-of-4-gib": {
    board: breaksRule("its image size is 4294967288"),
    host: throws("EIMAGE", "its image size is 4294967288"),
  },
  "metadata-of-abi-2": {
    board: refuses("the module speaks ABI version 2, this board speaks version 1"),
    host: throws("EABI", "the module speaks ABI version 2, this host speaks version 1"),
  },
  "metadata-of-no-image": { board: breaksRule("its image size is 0"), host: throws("EIMAGE", "its image size is 0") },
  "metadata-of-odd-image": {
    board: breaksRule("its image size is 12"),
    host: throws("EIMAGE", "its image size is 12"),
  },
  "mutable-global": {
    board: breaksRule("it has a mutable global, which no image would hold"),
    host: throws("EIMAGE", "it has a mutable global, which no image would hold"),
  },
  "name-of-4-gib": { board: breaksRule("a custom section is malformed"), host: ENDS },
  "no-metadata": {
    board: refuses("not a wasmote module: it carries no metadata"),
    host: throws("EMODULE", "not a wasmote module: it carries no metadata"),
  },
  "no-step": {
    board: breaksRule("it does not export step as the ABI has it"),
    host: throws("EIMAGE", "it does not export step()"),
  },
  "pointer-past-image": {
    board: traps("out of bounds memory access"),
    host: throws("ETRAP", "trap in step(): net_send was given 5 bytes at 60, outside the image of 64 bytes"),
  },
  "pointer-wraps": {
    board: traps("out of bounds memory access"),
    host: throws("ETRAP", "trap in step(): log was given 8 bytes at 4294967288, outside the image of 64 bytes"),
  },
  "section-of-4-gib": {
    board: refuses("not a WebAssembly module: it ends in the middle of a section"),
    host: throws("EMODULE", "not a WebAssembly module: it ends in the middle of a section"),
  },
  "section-past-end": {
    board: refuses("not a WebAssembly module: it ends in the middle of a section"),
    host: throws("EMODULE", "not a WebAssembly module: it ends in the middle of a section"),
  },
  "section-twice": {
    board: engineRefuses("out of order Wasm section"),
    host: throws("EMODULE", "the module is not valid WebAssembly"),
  },
  "section-unknown": {
    board: engineRefuses("out of order Wasm section"),
    host: throws("EMODULE", "the module is not valid WebAssembly"),
  },
  "sections-out-of-order": {
    board: engineRefuses("mismatched function count in code section"),
    host: throws("EMODULE", "the module is not valid WebAssembly"),
  },
  "start-function": {
    board: breaksRule("it has a start function, which would run outside setup()"),
    host: throws("EIMAGE", "it has a start function, which would run outside setup()"),
  },
  "step-is-its-memory": {
    board: breaksRule("it does not export step as the ABI has it"),
    host: throws("EIMAGE", "it does not export step()"),
  },
  "step-of-another-type": {
    board: breaksRule("it does not export step as the ABI has it"),
    host: throws("EIMAGE", "its export step has other parameters or results"),
  },
  "store-past-image": {
    board: traps("out of bounds memory access"),
    host: throws("ECANARY", "the module wrote at 64, outside its image of 64 bytes"),
  },
  "store-past-page": { board: traps("out of bounds memory access"), host: throws("ETRAP", "trap in step()") },
  "too-many-locals": { board: engineRefuses("compiling function overran its stack height limit"), host: ENDS },
  "type-of-function-out-of-range": {
    board: engineRefuses("type sig index out of bounds"),
    host: throws("EIMAGE", "a function has no type"),
  },
  unreachable: { board: traps("unreachable executed"), host: throws("ETRAP", "trap in step()") },
};
