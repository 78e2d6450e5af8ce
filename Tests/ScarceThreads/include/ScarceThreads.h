#pragma once
#include <stdbool.h>

// Whether the calling thread can start further threads, as it can at first.
void scarce_threads_allow(bool allow);
