/// Thrown from within work that was asked to stop; the run turns it into a checkpoint and `RunError.interrupted`.
struct RunInterruption: Error {}
