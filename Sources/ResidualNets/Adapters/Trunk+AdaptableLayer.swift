extension Trunk {
  /// The layers that an adapter corrects, each once.
  var adaptableLayers: [any AdaptableLayer] { adaptableConvolutions + adaptableLinears }

  /// How many weights the convolutions of more than one pixel have: what published adapters are measured against.
  public var spatialWeightCount: Int {
    adaptableConvolutions.filter { $0.kernel > 1 }.reduce(0) { $0 + $1.weight.value.count }
  }
}
