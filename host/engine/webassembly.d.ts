/**
 * The part of the WebAssembly JavaScript interface that this project uses. Node.js has it all, but its type declarations
 * leave it to the DOM's, which would bring the browser's globals along.
 */
declare namespace WebAssembly {
  /** A compiled module. Throws a `CompileError` on bytes that do not validate. */
  class Module {
    constructor(bytes: Uint8Array);
  }
  class Instance {
    constructor(module: Module, imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>);
    readonly exports: Record<string, unknown>;
  }
  class Memory {
    readonly buffer: ArrayBuffer;
  }
  interface Table {
    readonly length: number;
  }
  /** A trap. */
  class RuntimeError extends Error {}
}
