#ifndef STEADFAST_CZLIB_SHIM_H
#define STEADFAST_CZLIB_SHIM_H

#include <zlib.h>

#endif
