/** Whether a text is PEM [RFC 7468]: blocks of base64 between a BEGIN and an END line, and nothing else but empty
 * lines. */
#ifndef WASMOTE_PEM_H
#define WASMOTE_PEM_H

#include <stdbool.h>
#include <stdint.h>

enum pem_state {
    PEM_WHOLE,
    /** So far it is good, and it goes on: a block has no END yet. */
    PEM_INCOMPLETE,
    PEM_WRONG,
};

/**
 * Checks the frame and the base64, and not what is in it.
 *
 * @param privateKey one block with a private key that is not encrypted; else blocks with certificates.
 * @param why set to what is wrong, with the cure, if the text is PEM_WRONG. Static text.
 */
enum pem_state pem_check(const char *text, uint32_t length, bool privateKey, const char **why);

#endif
