// The C face of MPI: processes (ranks) that exchange bytes. Empty unless the package is built with the trait MPI.
//
// Every function is called from one thread, returns a status, and leaves MPI's own words in cmpi_last_error. Messages
// may be longer than 2 GiB. Whoever waits lets other processes have the core.
#ifndef CMPI_SHIM_H
#define CMPI_SHIM_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CMPI_OK 0
#define CMPI_ANY_RANK (-1)

// What went wrong in the calling thread's last function that did not return CMPI_OK.
const char *cmpi_last_error(void);

// Joins the processes that a launcher started together; errors are returned from here on, not fatal.
// neighbours: how many of them share this machine's memory, this one included; place: its number among them, from 0.
int32_t cmpi_start(int32_t *rank, int32_t *size, int32_t *neighbours, int32_t *place);
// Leaves them; waits until all of them do.
int32_t cmpi_finish(void);
// Ends every process at once. Returns only where even that fails.
void cmpi_abort(int32_t status);

int32_t cmpi_barrier(void);
// Rank 0's bytes to everyone; all give the same count.
int32_t cmpi_broadcast(void *bytes, int64_t count);

// tag: 0 to 32767; messages with one tag from one rank arrive in the order in which they were sent.
int32_t cmpi_send(const void *bytes, int64_t count, int32_t rank, int32_t tag);
// Takes the beginning of a message, without waiting: *source is the rank whose message it is and *count its length, or
// *source is negative where none is there. Its bytes must be received next.
// from: a rank or CMPI_ANY_RANK.
int32_t cmpi_poll(int32_t from, int32_t tag, int32_t *source, int64_t *count);
// The bytes of a message whose beginning was taken.
int32_t cmpi_receive(void *bytes, int64_t count, int32_t source, int32_t tag);

// Replaces everyone's values by their sum over ranks, added in the order of ranks: ((x0 + x1) + x2) + ….
int32_t cmpi_sum_floats(float *values, int64_t count);
int32_t cmpi_sum_doubles(double *values, int64_t count);

// Lets other processes have the core for a moment, the longer the more often it was asked in a row.
void cmpi_rest(int32_t times);

#ifdef __cplusplus
}
#endif
#endif
