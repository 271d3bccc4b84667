// What the functions of the shim share: errors in words, and waiting.
#pragma once

#ifdef STEADFAST_MPI
#include <mpi.h>

#include "CMPIShim.h"

// Counts in MPI are ints: longer messages travel in pieces of this many bytes.
enum { largest_piece = 1 << 28 };

// The status to return for what an MPI function returned; keeps its words.
int32_t cmpi_status(int code);
// The status for a failure of our own.
int32_t cmpi_failed(const char *message);
// Waits until every request is done.
int32_t cmpi_wait(int count, MPI_Request *requests);

#define CMPI_TRY(call)                               \
  do {                                               \
    int32_t status_ = cmpi_status(call);             \
    if (status_ != CMPI_OK) return status_;          \
  } while (0)
#endif
