import Foundation
import Testing

/// `steadfast network show`, and weights that say by their names what they are.
@Suite struct NetworkCommandTests {
  private static let weights = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("ResidualNetsTests/Fixtures/torchvision_resnet18.weights.safetensors").path

  @Test func aConfigurationShowsTheNetworkOfItsImages() async throws {
    try await withTemporaryFolder { folder in
      try BarImages.write(to: folder.appendingPathComponent("images"), classes: 4)
      let text = "data: {folder: images}\nnetwork: {width: 4}\nstrategy: {kind: fine-tuning}\n"
      try Data(text.utf8).write(to: folder.appendingPathComponent("e.yaml"))
      let shown = try await Program.run("network", "show", "e.yaml", "--bound", "--json", in: folder)
      #expect(shown.status == 0, "\(shown.errors)")
      let object = try shown.object()
      #expect(object["schema"] as? String == "steadfast.network-summary/1")
      #expect(object["inputShape"] as? [Int] == [1, 8, 8] && object["classCount"] as? Int == 2)
      #expect(object["depth"] as? Int == 8 && object["blocks"] as? Int == 3)
      let parameters = try #require(object["parameters"] as? [String: Int])
      let layers = try #require(object["layers"] as? [[String: Any]])
      #expect(layers.compactMap { $0["parameters"] as? Int }.reduce(0, +) == parameters.values.reduce(0, +))
      #expect(parameters["adapter"] == nil)
      #expect(
        layers.compactMap { $0["multiplyAdds"] as? Int }.reduce(0, +) == object["multiplyAdds"] as? Int)
      let task = try #require((object["tasks"] as? [[String: Any]])?.first)
      #expect((task["lipschitzUpper"] as? Double ?? 0) > 0 && task["unbounded"] == nil)
    }
  }

  @Test func withoutImagesTheirShapeIsGiven() async throws {
    try await withTemporaryFolder { folder in
      try Data("data: {folder: absent}\nnetwork: {width: 4, block: highway}".utf8)
        .write(to: folder.appendingPathComponent("e.yaml"))
      let absent = try await Program.run("network", "show", "e.yaml", in: folder)
      #expect(absent.status == 66 && absent.errors.contains("--input"), "\(absent.errors)")
      let bad = try await Program.run("network", "show", "e.yaml", "--input", "3,0,8", in: folder)
      #expect(bad.status == 64, "\(bad.errors)")
      let shown = try await Program.run(
        "network", "show", "e.yaml", "--input", "3,8,8", "--classes", "5", "--set", "network.depth=14", "--bound",
        in: folder)
      #expect(shown.status == 0, "\(shown.errors)")
      for line in [
        "ResNet-14, width 4, highway blocks, batch norm, pooled", "images 3×8×8, 5 classes; depth ", ", 6 blocks",
        "highway block", ", gate", "convolution 3×3/2", "multiply-adds per image: ", "adapter of each task ",
        "Lipschitz: no bound: layer 'layer1.0' has no Lipschitz bound: a highway gate multiplies",
      ] { #expect(shown.output.contains(line), "\(line) is not in\n\(shown.output)") }
      // A description that names no images is enough.
      try Data("network: {width: 4}".utf8).write(to: folder.appendingPathComponent("n.yaml"))
      #expect(try await Program.run("network", "show", "n.yaml", "--input", "3,8,8", in: folder).status == 0)
      #expect(try await Program.run("network", "show", "n.yaml", in: folder).status == 65)
    }
  }

  @Test func torchvisionsWeightsAreRecognised() async throws {
    let shown = try await Program.run("network", "show", Self.weights, "--input", "3,32,32")
    #expect(shown.status == 0, "\(shown.errors)")
    #expect(shown.output.contains("torchvision ResNet-18, width 3, post-activation blocks"), "\(shown.output)")
    #expect(shown.output.contains("images 3×32×32, 5 classes; depth 18, 8 blocks"))
    #expect(shown.errors.contains("normalize.mean") && !shown.errors.contains("224×224"), "\(shown.errors)")
    let wrong = try await Program.run("network", "show", Self.weights, "--input", "1,32,32", "--json")
    #expect(wrong.status == 65 && wrong.errors.contains("3 channels"), "\(wrong.errors)")
    #expect(try wrong.object()["schema"] as? String == "steadfast.error/1")
    let misused = try await Program.run("network", "show", Self.weights, "--set", "network.depth=8")
    #expect(misused.status == 64, "\(misused.errors)")
  }

  /// A power iteration that has only begun takes norms for small, and this step's root would look out of reach.
  @Test func budgetsAreKeptBeforeTheBoundIsTaken() async throws {
    try await withTemporaryFolder { folder in
      try Data("network: {width: 4, norm: none, branchBudget: 0.6, block: backward-euler}".utf8)
        .write(to: folder.appendingPathComponent("e.yaml"))
      let shown = try await Program.run("network", "show", "e.yaml", "--input", "1,8,8", "--bound", in: folder)
      #expect(shown.status == 0 && shown.output.contains("untrained, on pixels as they are: at most "), "\(shown)")
      let without = try await Program.run(
        "network", "show", "e.yaml", "--input", "1,8,8", "--json", in: folder)
      let object = try without.object()
      let task = try #require((object["tasks"] as? [[String: Any]])?.first)
      #expect(object["untrained"] as? Bool == true && task["lipschitzUpper"] == nil && task["unbounded"] == nil)
    }
  }

  @Test func whatIsNoNetworkIsSaidToBeNone() async throws {
    try await withTemporaryFolder { folder in
      try Data("# Not a network\n".utf8).write(to: folder.appendingPathComponent("README.md"))
      let text = try await Program.run("network", "show", "README.md", in: folder)
      #expect(text.status == 65 && text.errors.contains("no run folder, no .yaml and no safetensors"), "\(text.errors)")
      let attacked = try await Program.run("attack", "README.md", in: folder)
      #expect(attacked.status == 65 && attacked.errors.contains("no safetensors file"), "\(attacked.errors)")
      let empty = try await Program.run("network", "show", ".", in: folder)
      #expect(empty.status == 66 && empty.errors.contains("holds no run"), "\(empty.errors)")
    }
  }

  /// Each command names options of its own.
  @Test func whatAFileDoesNotSayIsAskedForByTheRightOption() async throws {
    try await withTemporaryFolder { folder in
      func write(_ name: String, _ tensors: String, bytes: Int) throws {
        var data = Data((0..<8).map { UInt8(truncatingIfNeeded: tensors.utf8.count >> (8 * $0)) })
        data += Data(tensors.utf8) + Data(count: bytes)
        try data.write(to: folder.appendingPathComponent(name))
      }
      try write("u.safetensors", #"{"encoder.weight":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}}"#, bytes: 8)
      try write(
        "c.safetensors",
        #"{"0.weight":{"dtype":"F32","shape":[1,1,1,1],"data_offsets":[0,4]},"#
          + #""2.weight":{"dtype":"F32","shape":[1,4],"data_offsets":[4,20]}}"#, bytes: 20)
      let unknown = try await Program.run("network", "show", "u.safetensors", in: folder)
      #expect(unknown.status == 65 && unknown.errors.contains("nor of torchvision's ResNet-18, 34 or 50"))
      #expect(unknown.errors.contains("--network"), "\(unknown.errors)")
      let shown = try await Program.run("network", "show", "c.safetensors", in: folder)
      #expect(shown.status == 65 && shown.errors.contains("--input C,H,W"), "\(shown.errors)")
      let bounded = try await Program.run("lipschitz", "c.safetensors", in: folder)
      #expect(bounded.status == 65 && bounded.errors.contains("--data FOLDER"), "\(bounded.errors)")
      try write(
        "r.safetensors",
        #"{"conv1.weight":{"dtype":"F32","shape":[1,1,1,1],"data_offsets":[0,4]},"#
          + #""layer1.0.conv1.weight":{"dtype":"F32","shape":[1,1,1,1],"data_offsets":[4,8]}}"#, bytes: 8)
      let foreign = try await Program.run("network", "show", "r.safetensors", in: folder)
      #expect(
        foreign.status == 65 && foreign.errors.contains("are recognised: describe another with --network CONFIG"),
        "\(foreign.errors)")
    }
  }

  /// A folder's images decide the size of what weights by name are shown.
  @Test func recognisedWeightsAreAttackedWithoutADescription() async throws {
    try await withTemporaryFolder { folder in
      try BarImages.write(to: folder.appendingPathComponent("images"), classes: 5)
      let gray = try await Program.run(
        "attack", Self.weights, "--data", "images", "--attack", "fgsm", "--eps", "1/255", in: folder)
      #expect(gray.status == 65 && gray.errors.contains("3 channels, and these have 1"), "\(gray.errors)")
    }
  }
}
