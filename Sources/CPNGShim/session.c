#include "session.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void cpng_session_begin(cpng_session *session, cpng_report *report) {
  session->report = report;
  session->status = CPNG_CORRUPT;
  session->last_warning[0] = 0;
  report->message[0] = 0;
  report->warnings[0] = 0;
  report->warning_count = 0;
}

static void say(cpng_report *report, const char *format, va_list arguments) {
  if (report->message[0] == 0) vsnprintf(report->message, sizeof report->message, format, arguments);
}

void cpng_say(cpng_report *report, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  say(report, format, arguments);
  va_end(arguments);
}

void cpng_warn(cpng_report *report, const char *format, ...) {
  const size_t used = strlen(report->warnings);
  const size_t room = sizeof report->warnings - used;
  const int start = snprintf(report->warnings + used, room, "%s", used == 0 ? "" : "; ");
  report->warning_count += 1;
  if ((size_t)start >= room) return;
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(report->warnings + used + start, room - (size_t)start, format, arguments);
  va_end(arguments);
}

void cpng_on_error(png_structp png, png_const_charp message) {
  cpng_session *session = png_get_error_ptr(png);
  // libpng's errors about a header only say "Invalid IHDR data"; the warning just before it holds the reason.
  if (session->last_warning[0] != 0) {
    cpng_say(session->report, "%s (%s)", message, session->last_warning);
  } else {
    cpng_say(session->report, "%s", message);
  }
  png_longjmp(png, 1);
}

void cpng_on_warning(png_structp png, png_const_charp message) {
  cpng_session *session = png_get_error_ptr(png);
  // libpng drops a bad tRNS chunk with a warning, which would silently change the pixels.
  if (strncmp(message, "tRNS", 4) == 0) cpng_fail(png, CPNG_CORRUPT, "%s", message);

  snprintf(session->last_warning, sizeof session->last_warning, "%s", message);
  cpng_warn(session->report, "%s", message);
}

void cpng_fail(png_structp png, cpng_status status, const char *format, ...) {
  cpng_session *session = png_get_error_ptr(png);
  session->status = status;
  va_list arguments;
  va_start(arguments, format);
  say(session->report, format, arguments);
  va_end(arguments);
  png_longjmp(png, 1);
}
