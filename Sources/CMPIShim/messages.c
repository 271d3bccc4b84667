// Bytes from one to one and from one to all.
#include "guard.h"

#ifdef STEADFAST_MPI

static int piece_of(int64_t left) { return (int)(left < largest_piece ? left : largest_piece); }

int32_t cmpi_barrier(void) {
  MPI_Request request;
  CMPI_TRY(MPI_Ibarrier(MPI_COMM_WORLD, &request));
  return cmpi_wait(1, &request);
}

int32_t cmpi_broadcast(void *bytes, int64_t count) {
  for (int64_t start = 0; start < count; start += largest_piece) {
    MPI_Request request;
    CMPI_TRY(MPI_Ibcast((char *)bytes + start, piece_of(count - start), MPI_BYTE, 0, MPI_COMM_WORLD, &request));
    CMPI_TRY(cmpi_wait(1, &request));
  }
  return CMPI_OK;
}

// A message is its length and then its pieces.
int32_t cmpi_send(const void *bytes, int64_t count, int32_t rank, int32_t tag) {
  MPI_Request request;
  CMPI_TRY(MPI_Isend(&count, 1, MPI_INT64_T, rank, tag, MPI_COMM_WORLD, &request));
  CMPI_TRY(cmpi_wait(1, &request));
  for (int64_t start = 0; start < count; start += largest_piece) {
    const char *piece = (const char *)bytes + start;
    CMPI_TRY(MPI_Isend(piece, piece_of(count - start), MPI_BYTE, rank, tag, MPI_COMM_WORLD, &request));
    CMPI_TRY(cmpi_wait(1, &request));
  }
  return CMPI_OK;
}

int32_t cmpi_poll(int32_t from, int32_t tag, int32_t *source, int64_t *count) {
  int is_there = 0;
  MPI_Status status;
  *source = -1;
  CMPI_TRY(MPI_Iprobe(from == CMPI_ANY_RANK ? MPI_ANY_SOURCE : from, tag, MPI_COMM_WORLD, &is_there, &status));
  if (!is_there) return CMPI_OK;
  CMPI_TRY(MPI_Recv(count, 1, MPI_INT64_T, status.MPI_SOURCE, tag, MPI_COMM_WORLD, MPI_STATUS_IGNORE));
  *source = status.MPI_SOURCE;
  return CMPI_OK;
}

int32_t cmpi_receive(void *bytes, int64_t count, int32_t source, int32_t tag) {
  for (int64_t start = 0; start < count; start += largest_piece) {
    MPI_Request request;
    char *piece = (char *)bytes + start;
    CMPI_TRY(MPI_Irecv(piece, piece_of(count - start), MPI_BYTE, source, tag, MPI_COMM_WORLD, &request));
    CMPI_TRY(cmpi_wait(1, &request));
  }
  return CMPI_OK;
}
#endif
