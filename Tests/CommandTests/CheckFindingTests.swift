import DBNTensors
import DBNTestSupport
import Foundation
import Testing

/// What `check` says of each tensor: its checksum was compared, it has none, or it was never written.
struct CheckFindingTests {
  private func check(_ path: String) throws -> (json: JSON, text: String) {
    let (json, text) = (try Command("check", path, "--json"), try Command("check", path))
    #expect(json.status == 0 && text.status == 0, "\(json.error)")
    return (try JSON(parsing: json.output), text.output)
  }

  private func expect(
    _ json: JSON, verified: Int, none: [String] = [], neverWritten: [String] = []
  ) {
    #expect(
      json["checksums"] == [
        "verified": .int(verified), "none": .int(none.count),
        "never_written": .int(neverWritten.count),
      ])
    let listed = json["not_verified"]?.array ?? []
    for (names, finding) in [(none, "none"), (neverWritten, "never_written")] {
      let found = listed.filter { $0["checksum"]?.string == finding }
      #expect(found.compactMap { $0["name"]?.string } == names)
    }
  }

  /// PyTorch's `skip_data`, and one storage that was filled in afterwards.
  @Test func recordsThatPyTorchDidNotWriteAreNamed() throws {
    let (json, text) = try check(Fixture("torch/skipped").file("checkpoint.pth"))
    let absent = ["absent.weight", "absent.transposed", "absent.counter"]
    expect(json, verified: 0, none: ["filled", "empty"], neverWritten: absent)
    #expect(text.contains("checksums of 0 are correct, 2 have none; 3 tensors were never written"))
    #expect(text.contains(absent.joined(separator: ", ")))
  }

  @Test(arguments: ["earliest", "v110", "v200"])
  func valuesThatAnHDF5FileDoesNotHaveAreNamed(version: String) throws {
    let (json, text) = try check(Fixture("hdf5/h5py-filters/\(version)").file("weights.h5"))
    let listed = (json["not_verified"]?.array ?? []).filter { $0["checksum"] == "never_written" }
    let names = Set(listed.compactMap { $0["name"]?.string })
    #expect(names == Set(["all", "no_fill", "contiguous", "big_endian"].map { "unwritten.\($0)" }))
    #expect(json["checksums"]?["never_written"] == 4)
    #expect(text.contains("4 tensors were never written"))
  }

  /// Also those of which a tensor is a part, or a view in another order.
  @Test(arguments: ["digits-standard", "strides", "deflated", "ties"])
  func everyTensorOfAnArchiveWithChecksumsIsVerified(name: String) throws {
    let (json, _) = try check(Fixture("torch/\(name)").file("checkpoint.pth"))
    let empty = json["not_verified"]?.array?.compactMap { $0["name"]?.string } ?? []
    #expect(empty.allSatisfy { $0.contains("empty") }, "\(empty)")
    expect(json, verified: (json["tensors"]?.int ?? 0) - empty.count, none: empty)
  }

  @Test func zerosInAFileWithoutChecksumsWereWritten() throws {
    let folder = try TemporaryFolder()
    let value = Pickle.dictionary((Pickle.text("w"), Pickle.tensor()))
    let archive = Pickle.archive(value, storage: [UInt8](repeating: 0, count: 16))
    let (json, text) = try check(folder.write(archive.bytes, to: "a.pth"))
    expect(json, verified: 0, none: ["w"])
    #expect(text.contains("the checksums of 0 are correct, 1 has none") && !text.contains("never"))
  }
}
