import ArgumentParser
import Steadfast

struct Verify: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Prove that what earlier tasks rely on is bit for bit what it was, or check a certificate.",
    discussion: """
      Computes the SHA-256 of every stored tensor again, and the old tasks' logits at a fixed batch. Exit status 3 names \
      the first tensor that differs. Logits bind bit for bit where CPU capability, threads and libtorch match; \
      elsewhere within 1e-4, and the output says so.

      With --certificate, every claim of a file that steadfast lipschitz wrote is proven again by other means: the \
      network's digest, the norm of every layer, their composition, and where there are images their margins and radii. \
      Exit status 3 names what is refused.

      Examples:
        steadfast verify runs/demo
        steadfast verify runs/demo --certificate demo.json
        steadfast verify weights.safetensors --network net.yaml --certificate proof.json --data images
      """)

  @OptionGroup var subject: SubjectOptions

  @Option(help: ArgumentHelp("Check this certificate in place of the stored tensors.", valueName: "file"))
  var certificate: String?

  @OptionGroup var place: DeviceOption

  @OptionGroup var output: OutputOptions

  func validate() throws {
    let given = [
      "--data": subject.data != nil, "--network": subject.network != nil, "--images": subject.images != nil,
      "--batch-size": subject.batchSize != nil, "--threads": subject.threads != nil,
    ].filter(\.value).keys.sorted()
    guard certificate == nil || place.device == nil else {
      throw ValidationError("--device: of no use together with --certificate, which is checked on the CPU")
    }
    guard certificate != nil || given.isEmpty else {
      throw ValidationError("\(given.joined(separator: ", ")): only of use together with --certificate")
    }
  }

  func run() async throws {
    if let certificate {
      try await output.perform { console in
        let file = try CertificateFile(contentsOf: InputFiles.existing(certificate))
        return try await TorchActor.run { try check(file, console) }
      }
    } else {
      try await output.perform { console in
        let folder = try InputFiles.existing(subject.subject)
        return try await Experiment.verify(folder, options: RunOptions(observer: console, device: place.device))
      }
    }
  }

  @TorchActor
  private func check(_ file: CertificateFile, _ console: Console) throws -> CertificateVerification {
    guard !file.networks.isEmpty else { throw CommandError(.badInput, "the certificate speaks of no network") }
    let material = try subject.load(console)
    let digests = try material.networks.map { try $0.subject.network.digest() }
    let checker = ProofChecker()
    var verification = CertificateVerification()
    for (number, claim) in file.networks.enumerated() {
      // A run's networks stand in order; a digest finds one wherever it stands, and otherwise names the difference.
      let isThere = digests.indices.contains(number) && digests[number] == claim.digest
      let place = isThere ? number : digests.firstIndex(of: claim.digest) ?? number
      guard material.networks.indices.contains(place) else {
        throw CommandError(
          .badInput,
          "the certificate speaks of \(file.networks.count) networks, here are \(digests.count): name the run or file it was made of"
        )
      }
      let network = material.networks[place]
      var findings = try checker.check(claim, of: network.subject.network)
      if let source = material.images, claim.samples != nil, findings.isConfirmed {
        let images = try TestImages(source, for: network.subject, number: place, limit: nil)
        let places = Dictionary(zip(images.indices, images.indices.indices)) { first, _ in first }
        findings.formUnion(
          try checker.checkImages(
            claim, of: network.subject.network, limit: subject.images ?? .max, batchSize: material.batchSize
          ) { indices in
            let chosen = try indices.map { index in
              guard let place = places[index] else {
                throw CommandError(.badInput, "the certificate speaks of image \(index), which is not there")
              }
              return place
            }
            return (try images.pixels(chosen), chosen.map { images.labels[$0] })
          })
      }
      verification.add(
        findings, of: network.title, samples: claim.samples?.list.count ?? 0, hasImages: material.images != nil)
      console.progress("check", done: number + 1, of: file.networks.count, unit: "networks")
    }
    let known = Set(file.networks.map(\.digest))
    verification.unmentioned = zip(material.networks, digests).filter { !known.contains($0.1) }.map(\.0.title)
    return verification
  }
}

/// What the check of a certificate came to.
struct CertificateVerification: CommandResult {
  struct Network: Encodable, Sendable {
    let name: String
    let findings: ProofFindings
    /// Images that the certificate speaks of.
    let samples: Int
    /// Whether there were images to check them by.
    let hasImages: Bool
  }

  let schema = "steadfast.certificate-check/1"
  private(set) var networks: [Network] = []
  /// Networks that the certificate does not speak of.
  var unmentioned: [String] = []

  private enum CodingKeys: CodingKey { case schema, networks, unmentioned }

  mutating func add(_ findings: ProofFindings, of name: String, samples: Int, hasImages: Bool) {
    networks.append(Network(name: name, findings: findings, samples: samples, hasImages: hasImages))
  }

  var text: String {
    let lines = networks.map { network in
      let findings = network.findings
      let verdict = findings.isConfirmed ? "confirmed" : "REFUSED"
      return "\(network.name): \(verdict): \(findings.norms.count) norms, \(findings.confirmed) other claims, "
        + "\(findings.images) of \(network.samples) images"
    }
    return (lines + unmentioned.map { "\($0): not in the certificate" }).joined(separator: "\n")
  }

  var failures: [String] {
    networks.flatMap { network in
      network.findings.refusals.map { "\(network.name): \($0)" }
        + (network.samples > 0 && !network.hasImages
          ? ["\(network.name): \(network.samples) images are claimed and none was shown: name them with --data"] : [])
    }
  }
}

extension Verification: CommandResult {
  var text: String {
    let verdict = firstDifference.map { "FAILED: \($0)" } ?? "verified: \(checked) tensors are what they were"
    return (detail + [verdict]).joined(separator: "\n")
  }

  var status: ExitStatus? { passed ? nil : .checkFailed }
}
