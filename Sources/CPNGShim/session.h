// What the reader and the writer share: the report, and libpng's error and warning callbacks.

#ifndef CPNG_SESSION_H
#define CPNG_SESSION_H

#include <png.h>

#include "CPNGShim.h"

typedef struct cpng_session {
  cpng_report *report;
  cpng_status status;  // what the call returns if libpng jumps now
  char last_warning[96];
} cpng_session;

void cpng_session_begin(cpng_session *session, cpng_report *report);

// Writes a message; the first one stays.
void cpng_say(cpng_report *report, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Adds a warning.
void cpng_warn(cpng_report *report, const char *format, ...) __attribute__((format(printf, 2, 3)));

// libpng's callbacks; png_get_error_ptr must be a cpng_session.
PNG_NORETURN void cpng_on_error(png_structp png, png_const_charp message);
void cpng_on_warning(png_structp png, png_const_charp message);

// Leaves through libpng's jump with a status and message of our own. Only inside the setjmp.
PNG_NORETURN void cpng_fail(png_structp png, cpng_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
