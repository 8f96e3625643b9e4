import DBNPlatform
import DBNTensors
import Synchronization

/// Which indexes are in folders, for many files that are read one after the other: otherwise each of n
/// files in a folder would take a pass over all n names.
package final class IndexListings: Sendable {
  private struct Listing {
    let modified: Int
    let names: [String]
  }

  private let known = Mutex<[String: Listing]>([:])

  /// Those of the thread that asks; nil if only few files are read.
  @TaskLocal package static var current: IndexListings?

  package init() {}

  /// The indexes in a folder. It is listed again once it has changed, and as long as its last change is
  /// so recent that another could have the same time.
  func names(in folder: SourceFolder) -> [String] {
    var status = stat()
    guard stat(folder.prefix.isEmpty ? "." : folder.prefix, &status) == 0 else { return [] }
    let modified = status.modificationTime
    if let listing = known.withLock({ $0[folder.prefix] }), listing.modified == modified {
      return listing.names
    }
    let names = ShardIndex.names(in: folder)
    if time(nil) - modified / 1_000_000_000 > 2 {
      known.withLock { $0[folder.prefix] = Listing(modified: modified, names: names) }
    }
    return names
  }
}
