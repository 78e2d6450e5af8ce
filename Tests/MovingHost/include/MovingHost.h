#include <stdint.h>

// The name of the host.
#define MOVING_HOST "moving.test"

// Sets the IPv4 address of the host, in the byte order of this machine. While it is 0, the resolution of the name waits.
void moving_host_set_address(uint32_t address);
