/**
 * wasm3's settings: the smallest heap that keeps its speed. Included before every file that sees wasm3's headers, so
 * that all of them agree on the layout of its structures.
 *
 * `npm run size` measures what these cost: the whole heap of a node, stack and memory included.
 */
#ifndef WASMOTE_WASM3_CONFIG_H
#define WASMOTE_WASM3_CONFIG_H

/* Values that one function may have on its stack, locals included. Sets the size of the compiler's tables, which wasm3
 * keeps for the node's whole life (5 bytes each). A function that needs more is refused at load, by name. */
#define d_m3MaxFunctionStackHeight 128

/* Bytes; compiled code is allocated in multiples of it. Smaller pages waste less at the end and cost more in jumps from
 * one page to the next. */
#define d_m3CodePageAlignSize 512

/* Constants of a function that are copied into its frame when it is entered; the rest are loaded where they are used.
 * The table (4 bytes each) also stays in the heap, and every frame has room for them. */
#define d_m3MaxConstantTableSize 32

/* Names that are kept for one function. The boards only look up exports. */
#define d_m3MaxDuplicateFunctionImpl 1

/* No formatted text in the heap or in flash: a refusal carries wasm3's short name. */
#define d_m3VerboseErrorMessages 0

/* Pages of linear memory. The image rule allows one. */
#define d_m3MaxLinearMemoryPages 1

#endif
