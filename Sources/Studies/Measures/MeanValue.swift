/// The arithmetic mean; NaN of none.
func meanValue(_ values: some Collection<Double>) -> Double { values.reduce(0, +) / Double(values.count) }
