#include "slumber.h"

int64_t slumber_began(uint64_t keptMs, uint64_t nowMs, int64_t timeOfDayMs)
{
    return timeOfDayMs - (int64_t)(nowMs - keptMs);
}

uint32_t slumber_lasted(int64_t beganMs, int64_t timeOfDayMs)
{
    int64_t passedMs = timeOfDayMs - beganMs;
    if (passedMs < 0) return 0;
    return passedMs < UINT32_MAX ? (uint32_t)passedMs : UINT32_MAX;
}
