#ifndef CPNG_SYSTEM_H
#define CPNG_SYSTEM_H
#include <png.h>
#endif
