// Beginning and end.
#include "guard.h"

#ifdef STEADFAST_MPI

int32_t cmpi_start(int32_t *rank, int32_t *size, int32_t *neighbours, int32_t *place) {
  int flag = 0, provided = 0, value = 0;
  CMPI_TRY(MPI_Initialized(&flag));
  if (flag) return cmpi_failed("MPI was started before, and can be started once in a process");
  CMPI_TRY(MPI_Init_thread(NULL, NULL, MPI_THREAD_SERIALIZED, &provided));
  CMPI_TRY(MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN));
  if (provided < MPI_THREAD_SERIALIZED)
    return cmpi_failed("this MPI cannot be called from a thread of its own (MPI_THREAD_SERIALIZED)");
  CMPI_TRY(MPI_Comm_rank(MPI_COMM_WORLD, &value));
  *rank = value;
  CMPI_TRY(MPI_Comm_size(MPI_COMM_WORLD, &value));
  *size = value;
  MPI_Comm machine;
  CMPI_TRY(MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, *rank, MPI_INFO_NULL, &machine));
  CMPI_TRY(MPI_Comm_size(machine, &value));
  *neighbours = value;
  CMPI_TRY(MPI_Comm_rank(machine, &value));
  *place = value;
  return cmpi_status(MPI_Comm_free(&machine));
}

int32_t cmpi_finish(void) {
  int32_t status = cmpi_barrier();
  return status == CMPI_OK ? cmpi_status(MPI_Finalize()) : status;
}

void cmpi_abort(int32_t status) { MPI_Abort(MPI_COMM_WORLD, status); }
#endif
