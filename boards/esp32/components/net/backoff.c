#include "backoff.h"

/* After so many doublings the wait is at its maximum. */
#define DOUBLINGS 6

uint32_t backoff_next(struct backoff *backoff, uint32_t random)
{
    uint32_t waitMs = backoff->failures < DOUBLINGS ? BACKOFF_FIRST_MS << backoff->failures : BACKOFF_MAX_MS;
    if (backoff->failures < DOUBLINGS) backoff->failures++;
    uint32_t spreadMs = waitMs / 2;
    return waitMs - spreadMs / 2 + random % (spreadMs + 1);
}

void backoff_reset(struct backoff *backoff)
{
    backoff->failures = 0;
}
