// Sums whose order is ours. MPI_Allreduce may add in any order, which changes the last bits; so MPI only moves bytes
// here. Each rank owns a part of every bucket: it gets everyone's values of its part, adds them in the order of ranks,
// and gives everyone the sum. Each rank sends and receives 2 (n − 1) / n of the buffer, as a ring would.
#include "guard.h"

#ifdef STEADFAST_MPI
#include <stdlib.h>

// Bytes in a bucket: 4 MiB, enough for the network to be busy and little enough to need no second copy of a model.
enum { bucket_bytes = 1 << 22 };

// What is added.
typedef struct {
  MPI_Datatype type;
  size_t size;
  void (*add)(void *restrict sum, const void *restrict values, int count);
} Element;

typedef struct {
  Element element;
  int rank, size;
  // Of every rank's part of the bucket: elements, and where it begins.
  int *counts, *starts;
  // As many elements as the own part has, at the same place for every rank; and where each rank's begin.
  int *own_counts, *own_starts;
  // Everyone's values of the own part.
  char *gathered;
} Plan;

static void divide(Plan *plan, int elements) {
  int part = elements / plan->size, longer = elements % plan->size;
  for (int rank = 0, start = 0; rank < plan->size; start += plan->counts[rank], rank++) {
    plan->counts[rank] = part + (rank < longer);
    plan->starts[rank] = start;
  }
  for (int rank = 0; rank < plan->size; rank++) {
    plan->own_counts[rank] = plan->counts[plan->rank];
    plan->own_starts[rank] = rank * plan->counts[plan->rank];
  }
}

static void add_floats(void *restrict sum, const void *restrict values, int count) {
  float *restrict total = sum;
  const float *restrict more = values;
  for (int i = 0; i < count; i++) total[i] += more[i];
}

static void add_doubles(void *restrict sum, const void *restrict values, int count) {
  double *restrict total = sum;
  const double *restrict more = values;
  for (int i = 0; i < count; i++) total[i] += more[i];
}

static int32_t sum_bucket(Plan *plan, void *values, int elements) {
  MPI_Request request;
  const Element *element = &plan->element;
  divide(plan, elements);
  int own = plan->counts[plan->rank];
  CMPI_TRY(MPI_Ialltoallv(values, plan->counts, plan->starts, element->type, plan->gathered, plan->own_counts,
                          plan->own_starts, element->type, MPI_COMM_WORLD, &request));
  CMPI_TRY(cmpi_wait(1, &request));
  for (int rank = 1; rank < plan->size; rank++)
    element->add(plan->gathered, plan->gathered + (size_t)plan->own_starts[rank] * element->size, own);
  CMPI_TRY(MPI_Iallgatherv(plan->gathered, own, element->type, values, plan->counts, plan->starts, element->type,
                           MPI_COMM_WORLD, &request));
  return cmpi_wait(1, &request);
}

static int32_t sum(Element element, void *values, int64_t count) {
  Plan plan = {.element = element};
  CMPI_TRY(MPI_Comm_rank(MPI_COMM_WORLD, &plan.rank));
  CMPI_TRY(MPI_Comm_size(MPI_COMM_WORLD, &plan.size));
  size_t ranks = (size_t)plan.size;
  int64_t most = (int64_t)(bucket_bytes / element.size);
  int *numbers = calloc(4 * ranks, sizeof *numbers);
  // Small sums are frequent, and need no whole bucket; every rank's part may be an element longer than the share.
  plan.gathered = malloc(((size_t)(count < most ? count : most) + ranks * ranks) * element.size);
  int32_t status = CMPI_OK;
  if (!numbers || !plan.gathered) {
    status = cmpi_failed("out of memory for the buckets of a sum");
  } else {
    plan.counts = numbers;
    plan.starts = numbers + ranks;
    plan.own_counts = numbers + 2 * ranks;
    plan.own_starts = numbers + 3 * ranks;
    for (int64_t start = 0; start < count && status == CMPI_OK; start += most) {
      int64_t left = count - start;
      status = sum_bucket(&plan, (char *)values + (size_t)start * element.size, (int)(left < most ? left : most));
    }
  }
  free(plan.gathered);
  free(numbers);
  return status;
}

int32_t cmpi_sum_floats(float *values, int64_t count) {
  return sum((Element){MPI_FLOAT, sizeof *values, add_floats}, values, count);
}

int32_t cmpi_sum_doubles(double *values, int64_t count) {
  return sum((Element){MPI_DOUBLE, sizeof *values, add_doubles}, values, count);
}
#endif
