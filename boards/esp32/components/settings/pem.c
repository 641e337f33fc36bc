#include "pem.h"

#include <stddef.h>
#include <string.h>

#define BEGIN "-----BEGIN "
#define END "-----END "
#define DASHES "-----"

#define ENCRYPTED "is encrypted, which this firmware can't read; decrypt it with openssl pkey"

/* Longest BEGIN line that is looked at. */
#define LABEL_LINE_BYTES 48

static const char *const certificateLabels[] = {"CERTIFICATE", NULL};
static const char *const keyLabels[] = {"PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY", NULL};

struct pem {
    const char *const *labels;
    bool privateKey;
    /** The label of the block that is open, or NULL. */
    const char *label;
    uint32_t blocks;
    /** Of the block that is open: its characters of base64, those of padding among them. */
    uint32_t characters;
    uint32_t padding;
    const char *why;
};

struct line {
    const char *text;
    uint32_t length;
    /** A line feed follows. */
    bool ended;
};

static enum pem_state wrong(struct pem *pem, const char *why)
{
    pem->why = why;
    return PEM_WRONG;
}

static bool begins(const struct line *line, const char *prefix)
{
    size_t length = strlen(prefix);
    return line->length >= length && memcmp(line->text, prefix, length) == 0;
}

/* How a line compares with prefix, label and dashes: the very same, or, if it is the last one, the beginning of that.
 */
static enum pem_state compare(const struct line *line, const char *prefix, const char *label)
{
    char whole[LABEL_LINE_BYTES];
    size_t prefixLength = strlen(prefix);
    size_t labelLength = strlen(label);
    size_t length = prefixLength + labelLength + strlen(DASHES);
    if (length > sizeof whole || line->length > length) return PEM_WRONG;
    memcpy(whole, prefix, prefixLength);
    memcpy(whole + prefixLength, label, labelLength);
    memcpy(whole + prefixLength + labelLength, DASHES, strlen(DASHES));
    if (memcmp(line->text, whole, line->length) != 0) return PEM_WRONG;
    if (line->length == length) return PEM_WHOLE;
    return line->ended ? PEM_WRONG : PEM_INCOMPLETE;
}

static bool is_base64(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
}

static enum pem_state take_base64(struct pem *pem, const struct line *line)
{
    /* `Proc-Type: 4,ENCRYPTED`, as OpenSSL's older form has it. */
    if (memchr(line->text, ':', line->length) != NULL) return wrong(pem, ENCRYPTED);
    for (uint32_t i = 0; i < line->length; i++) {
        if (line->text[i] == '=') {
            pem->padding++;
        } else if (!is_base64(line->text[i]) || pem->padding > 0) {
            return wrong(pem, "has a line that is not base64; copy the PEM file as it is");
        }
        pem->characters++;
    }
    return PEM_INCOMPLETE;
}

static enum pem_state take_end(struct pem *pem, const struct line *line)
{
    enum pem_state state = compare(line, END, pem->label);
    if (state == PEM_WRONG)
        return wrong(pem, "has an END line that is not that of its BEGIN line; copy the whole file");
    if (state == PEM_INCOMPLETE) return PEM_INCOMPLETE;
    if (pem->characters == 0 || pem->characters % 4 != 0 || pem->padding > 2)
        return wrong(pem, "has lost some of its base64; copy the whole file");
    pem->label = NULL;
    pem->blocks++;
    return PEM_WHOLE;
}

static enum pem_state take_begin(struct pem *pem, const struct line *line)
{
    bool incomplete = false;
    if (pem->privateKey && pem->blocks > 0)
        return wrong(pem, "holds more than one block; keep the one of the private key");
    for (const char *const *label = pem->labels; *label != NULL; label++) {
        enum pem_state state = compare(line, BEGIN, *label);
        if (state == PEM_WHOLE) {
            pem->label = *label;
            pem->characters = 0;
            pem->padding = 0;
            return PEM_INCOMPLETE;
        }
        incomplete = incomplete || state == PEM_INCOMPLETE;
    }
    if (incomplete) return PEM_INCOMPLETE;
    if (begins(line, BEGIN "ENCRYPTED")) return wrong(pem, ENCRYPTED);
    if (pem->privateKey)
        return wrong(pem, "must be -----BEGIN PRIVATE KEY----- and what belongs to it; openssl pkey writes it so");
    return wrong(pem, "must be -----BEGIN CERTIFICATE----- and what belongs to it; openssl x509 writes it so");
}

static enum pem_state take_line(struct pem *pem, const struct line *line)
{
    if (pem->label == NULL) {
        if (line->length == 0) return pem->blocks > 0 ? PEM_WHOLE : PEM_INCOMPLETE;
        return take_begin(pem, line);
    }
    return begins(line, "-") ? take_end(pem, line) : take_base64(pem, line);
}

enum pem_state pem_check(const char *text, uint32_t length, bool privateKey, const char **why)
{
    struct pem pem = {.labels = privateKey ? keyLabels : certificateLabels, .privateKey = privateKey};
    enum pem_state state = PEM_INCOMPLETE;
    while (length > 0 && state != PEM_WRONG) {
        const char *feed = memchr(text, '\n', length);
        uint32_t lineLength = feed != NULL ? (uint32_t)(feed - text) : length;
        struct line line = {.text = text, .length = lineLength, .ended = feed != NULL};
        state = take_line(&pem, &line);
        uint32_t taken = lineLength + (line.ended ? 1 : 0);
        text += taken;
        length -= taken;
    }
    if (state == PEM_WRONG) *why = pem.why;
    return state;
}
