#include "engine.h"

#include <string.h>

#include "m3_env.h"

#include "abi.h"
#include "hal.h"
#include "image.h"

/*
 * The stack of the module, shared by all its functions, in wasm3's 4-byte slots: a part that every module has, and one
 * that grows with its code. A frame has one slot for each local and temporary, and the function's constants. Along the
 * deepest chain of calls, frames take 716 bytes in examples/temperature, 1,088 in examples/commands and 1,600 in
 * examples/full, of 4, 8 and 13 KB of code; the rest is for applications that do more.
 */
#define STACK_LEAST_BYTES 1024
#define STACK_CODE_BYTES_PER_BYTE 12

/*
 * wasm3 checks the stack's end when a function is entered, after the caller has written the arguments, 8 bytes each,
 * above its own frame. This much is kept free for them.
 */
#define STACK_RESERVE_BYTES (IMAGE_MAX_TYPE_VALUES * sizeof(uint64_t))

/* Words of compiled code to make room for at once, for each 8 bytes of the module's code. */
#ifndef CODE_WORDS_PER_8_BYTES
#define CODE_WORDS_PER_8_BYTES 5
#endif

const engine_trap engineTrapOutOfBounds = "[trap] out of bounds memory access";

static bool refuse(struct refusal *refusal, M3Result why)
{
    bool memory = why == m3Err_mallocFailed || why == m3Err_mallocFailedCodePage;
    *refusal = (struct refusal){.reason = memory ? REFUSAL_NO_MEMORY : REFUSAL_ENGINE, .text = why};
    return false;
}

/** Finds an export and checks its type; NULL if it is not as the ABI has it. */
static IM3Function find_export(IM3Runtime runtime, const char *name, uint32_t parameters, uint32_t results)
{
    IM3Function function = NULL;
    if (m3_FindFunction(&function, runtime, name) != m3Err_none) return NULL;
    if (m3_GetArgCount(function) != parameters || m3_GetRetCount(function) != results) return NULL;
    for (uint32_t i = 0; i < parameters; i++)
        if (m3_GetArgType(function, i) != c_m3Type_i32) return NULL;
    if (results == 1 && m3_GetRetType(function, 0) != c_m3Type_i32) return NULL;
    return function;
}

static bool find_exports(struct engine *engine, struct refusal *refusal)
{
    const struct {
        const char *name;
        IM3Function *function;
        uint32_t parameters;
        uint32_t results;
    } exports[] = {
        {"setup", &engine->setup, 0, 0},
        {"step", &engine->step, 1, 1},
        {"resume", &engine->resume, 2, 0},
        {"stop", &engine->stop, 0, 0},
    };
    for (size_t i = 0; i < sizeof exports / sizeof exports[0]; i++) {
        *exports[i].function = find_export(engine->runtime, exports[i].name, exports[i].parameters, exports[i].results);
        if (*exports[i].function != NULL) continue;
        *refusal = (struct refusal){.reason = REFUSAL_EXPORT, .text = exports[i].name};
        return false;
    }
    return true;
}

static u32 code_bytes(const M3Module *module)
{
    size_t bytes = 0;
    for (u32 i = 0; i < module->numFunctions; i++)
        bytes += (size_t)(module->functions[i].wasmEnd - module->functions[i].wasm);
    return (u32)bytes;
}

/*
 * Makes one page for most of the compiled code before anything is compiled; wasm3 takes small pages for the rest, as
 * d_m3CodePageAlignSize says. Every page costs a header, a rest that is too small to use, and a jump on the way past
 * its end. Modules need about 0.7 words for each byte of their code, so this page is hardly ever too large.
 */
static bool reserve_code(IM3Runtime runtime, u32 codeBytes)
{
    IM3CodePage page = AcquireCodePageWithCapacity(runtime, (u32)((size_t)codeBytes * CODE_WORDS_PER_8_BYTES / 8));
    ReleaseCodePage(runtime, page);
    return page != NULL;
}

/*
 * What wasm3 keeps for the node's whole life though only loading needs it: where the data segments are, once they are
 * in the memory, and what the imports are called, once they are linked. A fifth of its allocations, each with what an
 * allocator adds to it.
 */
static void free_what_was_loaded(IM3Module module)
{
#if M3_VERSION_MAJOR == 0 && M3_VERSION_MINOR == 5
    /* Of later versions, memory.init may read them. */
    m3_Free(module->dataSegments);
    module->numDataSegments = 0;
#endif
    for (u32 i = 0; i < module->numFunctions; i++) {
        IM3Function function = &module->functions[i];
        if (function->import.fieldUtf8 == NULL) continue;
        /* An import's own name is its first. */
        function->names[0] = NULL;
        function->numNames = 0;
        FreeImportInfo(&function->import);
    }
}

/* Makes the runtime that the module gets. */
static bool make_runtime(struct engine *engine, u32 codeBytes, uint32_t memoryBytes)
{
    u32 slots = (STACK_LEAST_BYTES + codeBytes / STACK_CODE_BYTES_PER_BYTE) / sizeof(m3slot_t);
    engine->runtime = m3_NewRuntime(engine->environment, slots * (u32)sizeof(m3slot_t), NULL);
    if (engine->runtime == NULL) return false;
    /* Before the module is loaded: wasm3 takes both over when it makes the memory. */
    engine->runtime->memoryLimit = memoryBytes;
    engine->runtime->numStackSlots -= (u32)(STACK_RESERVE_BYTES / sizeof(m3slot_t));
    return true;
}

static bool load(struct engine *engine, const uint8_t *bytes, uint32_t length, uint32_t memoryBytes,
                 struct refusal *refusal)
{
    engine->environment = m3_NewEnvironment();
    if (engine->environment == NULL) return refuse(refusal, m3Err_mallocFailed);

    IM3Module module = NULL;
    M3Result result = m3_ParseModule(engine->environment, &module, bytes, length);
    if (result != m3Err_none) return refuse(refusal, result);
    u32 codeBytes = code_bytes(module);
    result = make_runtime(engine, codeBytes, memoryBytes) ? m3_LoadModule(engine->runtime, module) : m3Err_mallocFailed;
    if (result != m3Err_none) {
        m3_FreeModule(module);
        return refuse(refusal, result);
    }
    if (!reserve_code(engine->runtime, codeBytes)) return refuse(refusal, m3Err_mallocFailed);
    result = hal_link(module);
    if (result != m3Err_none) return refuse(refusal, result);
    free_what_was_loaded(module);
    result = m3_CompileModule(module);
    if (result != m3Err_none) return refuse(refusal, result);
    return find_exports(engine, refusal);
}

bool engine_load(struct engine *engine, const uint8_t *module, uint32_t length, uint32_t memoryBytes,
                 struct refusal *refusal)
{
    *engine = (struct engine){0};
    if (load(engine, module, length, memoryBytes, refusal)) return true;
    engine_free(engine);
    return false;
}

void engine_free(struct engine *engine)
{
    m3_FreeRuntime(engine->runtime);
    m3_FreeEnvironment(engine->environment);
    *engine = (struct engine){0};
}

uint8_t *engine_memory(const struct engine *engine, uint32_t *bytes)
{
    M3MemoryHeader *memory = engine->runtime->memory.mallocated;
    *bytes = (uint32_t)memory->length;
    return m3MemData(memory);
}

bool engine_restore_memory(struct engine *engine)
{
    return ResizeMemory(engine->runtime, 1) == m3Err_none;
}

/*
 * What m3_Call() does, without its checks of what find_export() has checked once. Results come first on the stack, then
 * parameters, 8 bytes each.
 */
static inline engine_trap run(struct engine *engine, IM3Function function)
{
    IM3Runtime runtime = engine->runtime;
    return (engine_trap)RunCode(function->compiled, (m3stack_t)runtime->stack, runtime->memory.mallocated,
                                d_m3OpDefaultArgs);
}

static inline uint8_t *stack_value(struct engine *engine, uint32_t index)
{
    return (uint8_t *)engine->runtime->stack + (size_t)index * sizeof(uint64_t);
}

engine_trap engine_call(struct engine *engine, struct M3Function *function)
{
    return run(engine, function);
}

engine_trap engine_call_step(struct engine *engine, uint32_t nowMs, uint32_t *waitMs)
{
    memcpy(stack_value(engine, 1), &nowMs, sizeof nowMs);
    engine_trap trap = run(engine, engine->step);
    memcpy(waitMs, stack_value(engine, 0), sizeof *waitMs);
    return trap;
}

engine_trap engine_call_resume(struct engine *engine, uint32_t nowMs, uint32_t sleptMs)
{
    memcpy(stack_value(engine, 0), &nowMs, sizeof nowMs);
    memcpy(stack_value(engine, 1), &sleptMs, sizeof sleptMs);
    return run(engine, engine->resume);
}
