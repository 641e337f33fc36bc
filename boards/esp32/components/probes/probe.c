#include "probe.h"

const char *probe_fault_text(enum probe_fault fault)
{
    switch (fault) {
    case PROBE_OK:
        return "it works";
    case PROBE_NO_ANSWER:
        return "nothing answers at its address: check power, ground, the two lines, their pull-ups, and the address";
    case PROBE_CHECKSUM:
        return "a checksum is wrong: shorten the wires, or use stronger pull-ups";
    case PROBE_STUCK:
        return "its data line hangs: check for a short circuit, for power, and for the pull-up";
    case PROBE_OTHER_CHIP:
        return "another chip answers at its address: check the driver and the address of this channel";
    case PROBE_LATE:
        return "it does not end its conversion: check its power supply";
    case PROBE_NOT_MEASURED:
        return "it has not measured: its power was lost or is too weak during the conversion";
    case PROBE_IMPLAUSIBLE:
        return "it shows what it can't measure: check its power supply, or replace it";
    case PROBE_QUANTITY:
        return "it does not measure this quantity: change quantity= of this channel";
    }
    return "it fails in an unknown way";
}
