/// The places of the lowest and of the highest third of some figures; equal ones in their order.
struct Thirds {
  let lowest: [Int]
  let highest: [Int]

  init(_ figures: [Double]) {
    let order = figures.indices.sorted { (figures[$0], $0) < (figures[$1], $1) }
    lowest = Array(order.prefix(figures.count / 3))
    highest = Array(order.suffix(figures.count / 3))
  }
}
