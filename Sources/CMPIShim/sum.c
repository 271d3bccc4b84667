// Sums whose order is ours. MPI_Allreduce may add in any order, which changes the last bits; so MPI only moves bytes
// here. Each rank owns a part of every bucket: it gets everyone's values of its part, adds them in the order of ranks,
// and gives everyone the sum. Each rank sends and receives 2 (n − 1) / n of the buffer, as a ring would.
#include "guard.h"

#ifdef STEADFAST_MPI
#include <stdlib.h>

// Floats in a bucket: 4 MiB, enough for the network to be busy and little enough to need no second copy of a model.
enum { bucket_floats = 1 << 20 };

typedef struct {
  int rank, size;
  // Of every rank's part of the bucket: floats, and where it begins.
  int *counts, *starts;
  // As many floats as the own part has, at the same place for every rank; and where each rank's begin.
  int *own_counts, *own_starts;
  // Everyone's values of the own part.
  float *gathered;
} Plan;

static void divide(Plan *plan, int floats) {
  int part = floats / plan->size, longer = floats % plan->size;
  for (int rank = 0, start = 0; rank < plan->size; start += plan->counts[rank], rank++) {
    plan->counts[rank] = part + (rank < longer);
    plan->starts[rank] = start;
  }
  for (int rank = 0; rank < plan->size; rank++) {
    plan->own_counts[rank] = plan->counts[plan->rank];
    plan->own_starts[rank] = rank * plan->counts[plan->rank];
  }
}

static void add(float *restrict sum, const float *restrict values, int count) {
  for (int i = 0; i < count; i++) sum[i] += values[i];
}

static int32_t sum_bucket(Plan *plan, float *values, int floats) {
  MPI_Request request;
  divide(plan, floats);
  int own = plan->counts[plan->rank];
  CMPI_TRY(MPI_Ialltoallv(values, plan->counts, plan->starts, MPI_FLOAT, plan->gathered, plan->own_counts,
                          plan->own_starts, MPI_FLOAT, MPI_COMM_WORLD, &request));
  CMPI_TRY(cmpi_wait(1, &request));
  for (int rank = 1; rank < plan->size; rank++) add(plan->gathered, plan->gathered + plan->own_starts[rank], own);
  CMPI_TRY(MPI_Iallgatherv(plan->gathered, own, MPI_FLOAT, values, plan->counts, plan->starts, MPI_FLOAT,
                           MPI_COMM_WORLD, &request));
  return cmpi_wait(1, &request);
}

int32_t cmpi_sum(float *values, int64_t count) {
  Plan plan = {0};
  CMPI_TRY(MPI_Comm_rank(MPI_COMM_WORLD, &plan.rank));
  CMPI_TRY(MPI_Comm_size(MPI_COMM_WORLD, &plan.size));
  size_t ranks = (size_t)plan.size;
  int *numbers = calloc(4 * ranks, sizeof *numbers);
  plan.gathered = malloc((bucket_floats + ranks * ranks) * sizeof *plan.gathered);
  int32_t status = CMPI_OK;
  if (!numbers || !plan.gathered) {
    status = cmpi_failed("out of memory for the buckets of a sum");
  } else {
    plan.counts = numbers;
    plan.starts = numbers + ranks;
    plan.own_counts = numbers + 2 * ranks;
    plan.own_starts = numbers + 3 * ranks;
    for (int64_t start = 0; start < count && status == CMPI_OK; start += bucket_floats) {
      int64_t left = count - start;
      status = sum_bucket(&plan, values + start, (int)(left < bucket_floats ? left : bucket_floats));
    }
  }
  free(plan.gathered);
  free(numbers);
  return status;
}
#endif
