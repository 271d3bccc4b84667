// What `Tools/mpi-test` starts over several ranks: `mpi-check CHECK [ARGUMENT]`. Rank 0 prints what must not depend on
// the number of ranks; what does goes to standard error.
import Distributed
import Foundation

let words = CommandLine.arguments.dropFirst().map { $0 }
let ranks: Communicator
do {
  ranks = try Communicator.launched()
} catch {
  try? FileHandle.standardError.write(contentsOf: Data("mpi-check: \(error)\n".utf8))
  exit(69)
}
do {
  switch words.first {
  case "sums": try Checks.sums(ranks)
  case "bytes": try Checks.bytes(ranks)
  case "queue": try Checks.queue(ranks)
  case "big": try Checks.big(ranks)
  case "throw": try Checks.fail(ranks, rank: words.last.flatMap { Int($0) } ?? 0)
  case "wait": try Checks.wait(ranks)
  default: throw CheckError("usage: mpi-check sums|bytes|queue|big|throw RANK|wait")
  }
  try ranks.finish()
} catch {
  ranks.abort("mpi-check: rank \(ranks.rank) of \(ranks.size): \(error)", status: 65)
}
