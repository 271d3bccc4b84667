import OrderedCollections
import RandomStreams
import ResidualNets
import TorchCore

/// F(h) = softmax(QKᵀ/√d) V with Q, K, V linear in h. Source: Vaswani et al. 2017, one head.
/// - Parameters:
///   - h: N×T×d, one row a token.
///   - query: d×d, as are key and value.
func attention(_ h: Tensor, query: Tensor, key: Tensor, value: Tensor) throws -> Tensor {
  let scores = try h.linear(query).matmul(h.linear(key).permuted([0, 2, 1]))
  return try (scores / Double(h.size(2)).squareRoot()).softmax(2).matmul(h.linear(value))
}

/// A classifier whose tokens are pixels: a learned embedding and position, h + F(h) with one head of attention, ReLU
/// and a linear readout of all tokens.
struct PixelAttention {
  private let embedding: Parameter
  private let position: Parameter
  private let query: Parameter
  private let key: Parameter
  private let value: Parameter
  private let head: Linear

  init(pixels: Int, width: Int, classCount: Int, stream: RandomStream) throws {
    func normal(_ name: String, _ shape: [Int], _ deviation: Double) throws -> Parameter {
      try Parameter(Tensor.normal(shape, stream.stream(name)) * deviation)
    }
    let deviation = 1 / Double(width).squareRoot()
    embedding = try normal("embedding", [1, 1, width], 1)
    position = try normal("position", [1, pixels, width], 1)
    query = try normal("query", [width, width], deviation)
    key = try normal("key", [width, width], deviation)
    value = try normal("value", [width, width], deviation)
    head = try Linear(site: "head", inputs: pixels * width, outputs: classCount, stream: stream.stream("head"))
  }

  private var own: KeyValuePairs<String, Parameter> {
    ["embedding": embedding, "position": position, "query": query, "key": key, "value": value]
  }

  var parameters: OrderedDictionary<String, Parameter> {
    var all = OrderedDictionary(uniqueKeysWithValues: own.map { ($0.key, $0.value) })
    for (name, parameter) in head.trainableParameters { all["head.\(name)"] = parameter }
    return all
  }

  /// Tokens N×HW×d of gray images N×1×H×W.
  func tokens(_ pixels: Tensor) throws -> Tensor {
    try pixels.reshaped([pixels.size(0), -1, 1]) * embedding.value + position.value
  }

  /// F at tokens in the parameters' type, or in float64.
  func branch(_ h: Tensor) throws -> Tensor {
    try attention(h, query: query.value.to(h.dtype), key: key.value.to(h.dtype), value: value.value.to(h.dtype))
  }

  func logits(_ pixels: Tensor) throws -> Tensor {
    let h = try tokens(pixels)
    return try head.forward((h + branch(h)).relu().flattened(), .evaluation)
  }
}
