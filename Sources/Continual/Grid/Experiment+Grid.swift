import Foundation
import Results
import TorchCore

extension Experiment {
  /// Trains a configuration and each of its contrasts with every seed, and compares them.
  ///
  /// Each cell is a run folder, `VARIANT/seed-N`; `grid.json` and its page lie beside them and are written anew after
  /// each cell. Cells that are finished are kept and those that are begun are resumed; a cell that fails is recorded
  /// with its reason. Several processes may work on one grid: those of `options.ranks`, each of which calls this and
  /// gets the same record, and others.
  /// - Parameters:
  ///   - seeds: up to ``SignFlipTest/mostDifferences``, each once.
  ///   - options: `force` replaces cells that were made with another configuration; `resume` is implied.
  /// - Throws: before any cell is learned: `RunError.configurationDiffers`, `.unusable`, `DataError`. At any time
  ///   `RunError.gridInterrupted`, `.dataDiffers`, `TensorFileError`.
  @TorchActor
  public static func grid(
    _ configuration: Configuration, seeds: [UInt64], in url: URL, options: RunOptions = RunOptions()
  ) throws -> GridRecord {
    try GridRun(configuration, seeds: seeds, in: url, options).run()
  }
}
