#include "guard.h"

#ifdef STEADFAST_MPI
#include <sched.h>
#include <stdio.h>
#include <time.h>

static _Thread_local char last_error[MPI_MAX_ERROR_STRING + 1];

const char *cmpi_last_error(void) { return last_error; }

int32_t cmpi_failed(const char *message) {
  snprintf(last_error, sizeof last_error, "%s", message);
  return MPI_ERR_OTHER;
}

int32_t cmpi_status(int code) {
  if (code == MPI_SUCCESS) return CMPI_OK;
  int length = 0;
  if (MPI_Error_string(code, last_error, &length) != MPI_SUCCESS)
    snprintf(last_error, sizeof last_error, "error %d", code);
  return code;
}

// MPI's own waiting keeps a core busy, which another rank may need: ask, and rest in between.
void cmpi_rest(int32_t times) {
  if (times < 200) {
    sched_yield();
    return;
  }
  long nanoseconds = 20000L * (times - 199);
  struct timespec pause = {0, nanoseconds < 1000000L ? nanoseconds : 1000000L};
  nanosleep(&pause, NULL);
}

int32_t cmpi_wait(int count, MPI_Request *requests) {
  for (int32_t times = 0;; times += times < 1000) {
    int done = 0;
    // Requests one by one: the error of a set is spread over its statuses.
    for (int i = 0; i < count; i++) {
      int is_done = 0;
      CMPI_TRY(MPI_Test(&requests[i], &is_done, MPI_STATUS_IGNORE));
      done += is_done;
    }
    if (done == count) return CMPI_OK;
    cmpi_rest(times);
  }
}
#endif
