#if MPI
  import CMPIShim

  /// Ranks that reach each other through MPI.
  ///
  /// All calls are made by one thread, and MPI is started for calls by one thread at a time (`MPI_THREAD_SERIALIZED`).
  final class MPITransport: Transport {
    let rank: Int
    let size: Int
    let neighbours: Int
    let place: Int
    private let thread = MPIThread()

    /// Starts MPI; once in a process.
    init() throws {
      var (rank, size, neighbours, place) = (Int32(0), Int32(0), Int32(0), Int32(0))
      try thread.run { try check(cmpi_start(&rank, &size, &neighbours, &place)) }
      self.rank = Int(rank)
      self.size = Int(size)
      self.neighbours = Int(neighbours)
      self.place = Int(place)
    }

    func barrier() throws { try thread.run { try check(cmpi_barrier()) } }

    func broadcast(_ bytes: [UInt8]) throws -> [UInt8] {
      try thread.run { [rank] in
        var count = Int64(bytes.count)
        try check(cmpi_broadcast(&count, Int64(MemoryLayout<Int64>.size)))
        var all = rank == 0 ? bytes : [UInt8](repeating: 0, count: Int(count))
        try check(cmpi_broadcast(&all, count))
        return all
      }
    }

    func send(_ bytes: [UInt8], to rank: Int, _ tag: MessageTag) throws {
      guard (0..<size).contains(rank) else { throw DistributedError.outOfRange(rank: rank, size: size) }
      try thread.run { try check(cmpi_send(bytes, Int64(bytes.count), Int32(rank), tag.rawValue)) }
    }

    func receive(from rank: Int, _ tag: MessageTag) throws -> [UInt8] {
      guard (0..<size).contains(rank) else { throw DistributedError.outOfRange(rank: rank, size: size) }
      let message = try receive(from: Int32(rank), tag, isStopped: { false })
      return message?.bytes ?? []
    }

    func receive(
      _ tag: MessageTag, isStopped: @escaping @Sendable () -> Bool
    ) throws -> (bytes: [UInt8], source: Int)? {
      try receive(from: CMPI_ANY_RANK, tag, isStopped: isStopped)
    }

    private func receive(
      from rank: Int32, _ tag: MessageTag, isStopped: @escaping () -> Bool
    ) throws -> (bytes: [UInt8], source: Int)? {
      try thread.run {
        var (source, count, times) = (Int32(-1), Int64(0), Int32(0))
        while true {
          try check(cmpi_poll(rank, tag.rawValue, &source, &count))
          if source >= 0 { break }
          if isStopped() { return nil }
          cmpi_rest(times)
          times = min(times + 1, 1000)
        }
        var bytes = [UInt8](repeating: 0, count: Int(count))
        try check(cmpi_receive(&bytes, count, source, tag.rawValue))
        return (bytes, Int(source))
      }
    }

    func sum(_ values: UnsafeMutableBufferPointer<Float>) throws {
      try thread.run { try check(cmpi_sum_floats(values.baseAddress, Int64(values.count))) }
    }

    func sum(_ values: UnsafeMutableBufferPointer<Double>) throws {
      try thread.run { try check(cmpi_sum_doubles(values.baseAddress, Int64(values.count))) }
    }

    func finish() throws { try thread.run { try check(cmpi_finish()) } }

    func abort(status: Int32) { try? thread.run { cmpi_abort(status) } }
  }

  /// Turns a status into an error; the words are the calling thread's last ones.
  private func check(_ status: Int32) throws {
    guard status == CMPI_OK else { throw DistributedError.mpi(String(cString: cmpi_last_error())) }
  }
#endif
